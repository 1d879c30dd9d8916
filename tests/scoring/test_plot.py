"""The picture: what it remembers, and that labels do not cover each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import imread

from danq.genome.variants import Change
from danq.scoring.blocks.block import Block
from danq.scoring.outputs.plot import COLOURS, draw
from danq.scoring.outputs.plot_data import Peaks
from danq.scoring.outputs.plot_labels import nearest_edge, place_labels
from danq.vcf.record import Record

NAMES = ["CTCF", "$\\alpha$ $", "x" * 80]


def record(contig="chr1", pos=5, name=".", ref="A", alts=("C",)):
    return Record(1, contig, pos, name, ref, alts, size=0)


def write(peaks, rows, largest, best):
    """Hand over records, each with the one ALT that was scored."""
    change = Change("chr1", 4, "A", "C")
    outcomes = [[change if a == alt else "NO_ALT" for a in r.alts] for r, alt in rows]
    block = Block(0, 0, [r for r, _ in rows], outcomes)
    peaks.write(block, {"largest": largest, "best": best})


def peaks_of(sizes, contigs=("chr1",), targets=3, name="."):
    peaks = Peaks()
    rows = [(record(contigs[i % len(contigs)], 10 * i + 1, name), "C") for i in range(len(sizes))]
    write(peaks, rows, np.array(sizes, dtype=np.float32), np.arange(len(sizes)) % targets)
    return peaks


def test_peaks_remember_every_allele_and_name_the_top():
    rng = np.random.default_rng(0)
    sizes = rng.normal(size=500).astype(np.float32)
    peaks = Peaks()
    for begin in range(0, 500, 70):
        part = sizes[begin : begin + 70]
        rows = [(record(pos=begin + i), "C") for i in range(len(part))]
        write(peaks, rows, part, np.zeros(len(part), dtype=np.int64))
    contig, pos, change, target = peaks.arrays()
    np.testing.assert_array_equal(pos, np.arange(500))
    np.testing.assert_array_equal(change, sizes)
    assert not contig.any()
    assert not target.any()
    top = peaks.top.ranked()
    order = np.argsort(-np.abs(sizes))[:10]
    assert [-named.order for named in top] == order.tolist()
    assert top[0].shown == f"chr1:{order[0]} A>C"


@pytest.mark.parametrize(
    ("of", "alt", "text"),
    [
        (record(name="rs1;rs2"), "C", "rs1"),
        (record(name="rs1", alts=("C", "G")), "G", "rs1 G"),
        (record(pos=1234567, ref="ACGTACGT", alts=("A",)), "A", "chr1:1,234,567 ACGTA…>A"),
    ],
)
def test_names_of_alleles(of, alt, text):
    peaks = Peaks()
    write(peaks, [(of, alt)], np.ones(1, dtype=np.float32), np.zeros(1, dtype=np.int64))
    assert peaks.top.ranked()[0].shown == text


@pytest.mark.parametrize(
    "peaks",
    [
        pytest.param(peaks_of([]), id="nothing scored"),
        pytest.param(peaks_of([1.5]), id="one allele"),
        pytest.param(peaks_of([0.0, 0.0]), id="no effect at all"),
        pytest.param(peaks_of(np.linspace(-3, 3, 400), ("1", "2", "X$y")), id="contigs"),
        pytest.param(peaks_of(np.linspace(-3, 3, 90), [str(i) for i in range(30)]), id="many"),
        pytest.param(peaks_of([-3.0] * 40, name="long_identifier" * 5), id="long names"),
    ],
)
def test_draws_whatever_was_scored(peaks, tmp_path):
    path = tmp_path / "plot.png"
    draw(path, peaks, NAMES)
    pixels = imread(path)[..., :3]
    assert pixels.shape[1] > 1000
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_formats_are_the_same_bytes_every_time(suffix, tmp_path):
    peaks = peaks_of([1.0, -2.0, 3.0])
    for name in ("one", "two"):
        draw(tmp_path / f"{name}{suffix}", peaks, NAMES)
    one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
    assert one == two


@settings(max_examples=12, deadline=None)
@given(
    anchors=st.lists(
        st.tuples(st.integers(100, 900), st.integers(50, 300)), min_size=2, max_size=10
    )
)
def test_labels_cover_nothing(anchors):
    anchors = np.array(anchors, dtype=float)
    sizes = np.tile([120.0, 12.0], (len(anchors), 1))
    centres = place_labels(anchors, sizes, (0, 0, 1000, 500), anchors, gap=6)
    assert None not in centres
    boxes = np.array([[*(c - s / 2), *(c + s / 2)] for c, s in zip(centres, sizes, strict=True)])
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= [1000, 500]).all()
    for i, box in enumerate(boxes):
        for other in boxes[:i]:
            assert (box[2:] <= other[:2]).any() or (other[2:] <= box[:2]).any()
        inside = (anchors > box[:2]).all(axis=1) & (anchors < box[2:]).all(axis=1)
        assert not inside.any()


def test_a_label_without_room_is_left_out():
    centres = place_labels(
        np.array([[5.0, 5.0]]), np.array([[50.0, 5.0]]), (0, 0, 10, 10), np.empty((0, 2)), gap=1
    )
    assert centres == [None]


def test_nearest_edge():
    found = nearest_edge(np.array([0.0, 3.0]), (10.0, 3.0), np.array([8.0, 2.0]))
    assert found.tolist() == [6.0, 3.0]


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_few_alleles_are_all_seen_and_named(count, tmp_path):
    """Each has a target of its own, so that its colour tells its point; the least is tiny."""
    sizes = np.geomspace(1, 0.001, count) * np.resize([1, -1], count)
    peaks = Peaks()
    rows = [(record(pos=900 * i + 1, name=f"rs{i}"), "C") for i in range(count)]
    write(peaks, rows, sizes.astype(np.float32), np.arange(count))
    names = [f"t{i}" for i in range(count)]
    draw(tmp_path / "p.svg", peaks, names)
    text = (tmp_path / "p.svg").read_text()
    assert all(f">rs{i} · t{i}<" in text for i in range(count))
    draw(tmp_path / "p.png", peaks, names)
    pixels = np.rint(255 * imread(tmp_path / "p.png")[..., :3]).astype(int)
    for colour in COLOURS[:count]:
        expected = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
        columns = np.flatnonzero((np.abs(pixels - expected).max(axis=-1) < 20).sum(axis=0) > 2)
        # The square in the legend, and apart from it the point.
        assert (np.diff(columns) > 20).sum() == 1


@pytest.mark.parametrize(("count", "least"), [(2, 2), (12, 12), (25, 25), (60, 20)])
def test_names_of_contigs_have_room(count, least, tmp_path):
    contigs = [f"scaffold_{number:03d}" for number in range(count)]
    draw(tmp_path / "p.svg", peaks_of(np.linspace(1, 3, 10 * count), contigs), NAMES)
    text = (tmp_path / "p.svg").read_text()
    named = [name for name in contigs if f">{name}<" in text]
    assert len(named) >= least
    assert ("named)" in text) == (len(named) < count)
    assert len(named) == count or f"contig ({len(named)} of {count} named)" in text
