from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.text import Text

from danq.genome.variants import Change
from danq.interpretation.figures.map_figures import region_figure, variant_figure, write_figures
from danq.interpretation.maps import Stretch
from danq.interpretation.motifs.alignment import pair
from danq.interpretation.motifs.changes import MotifChange
from tests.interpretation.pictured import make_maps, variant_maps

HOSTILE = ["</script><b>&amp;", "$\\frac{1}{2}$_", "../../etc/passwd", "a\x01b", "...", "CTCF ", ""]


def random_map(length, start=17_000_000, name="peak_1", **options):
    random = np.random.default_rng(length)
    bases = "".join(random.choice([*"ACGTN"], length))
    stretch = Stretch("chr22", start, start + length, name)
    return make_maps([stretch], [bases], random.normal(0, 1, length), **options), bases


def texts(figure):
    return {text.get_text() for text in figure.findobj(Text)}


def letters(axes):
    """The letters of a logo and the columns that they stand in, from left to right."""
    placed = []
    for patch in axes.patches:
        letter = patch.get_label()
        if letter in {*"ACGT"}:
            vertices = patch.get_path().vertices
            shape = len(vertices) // len(set(np.rint(vertices[:, 0])))
            columns = np.rint(vertices.reshape(-1, shape, 2)[..., 0].mean(axis=1))
            placed += [(int(column), letter) for column in columns]
    return sorted(placed)


def logos(figure):
    return [axes for axes in figure.axes if axes.get_ylabel()]


def ticks(figure):
    """The column of each labelled position."""
    return {
        int(label.get_text().replace(",", "")): round(place)
        for axes in figure.axes
        for place, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        if axes.xaxis.get_visible()
    }


def test_a_region_stands_at_its_positions_in_the_genome():
    maps, bases = random_map(60, predicted=[[1.23456]])
    figure = region_figure(maps, 0, 0, unit="logit")
    (axes,) = logos(figure)
    assert letters(axes) == [(i, base) for i, base in enumerate(bases) if base != "N"]
    assert ticks(figure)[17_000_020] == 19
    drawn = texts(figure)
    assert {"peak_1, chr22:17000001-17000060", "CTCF: predicted logit 1.235"} <= drawn
    assert {"position on chr22", "17,000,020", "logit"} <= drawn


@pytest.mark.parametrize(("length", "rows"), [(201, [201]), (1000, [200] * 5), (441, [147] * 3)])
def test_long_regions_are_wrapped_into_equal_rows_on_one_scale(length, rows):
    maps, bases = random_map(length)
    panels = logos(region_figure(maps, 0, 0, unit="logit"))
    assert [round(np.ptp(axes.get_xlim())) for axes in panels] == rows
    drawn = [letter for axes in panels for letter in letters(axes)]
    assert drawn == [(i, base) for i, base in enumerate(bases) if base != "N"]
    (limits,) = {axes.get_ylim() for axes in panels}
    assert limits[0] < maps.contributions.min() < maps.contributions.max() < limits[1]


def deletion():
    change = Change("chr22", 1004, "CAA", "C")
    contributions = np.arange(24.0).reshape(2, 1, 12) - 4
    maps = variant_maps(change, "GTTA", "GTTTTTT", contributions, predicted=[[1.5], [-0.25]])
    return change, maps


@pytest.mark.parametrize("is_deletion", [True, False])
def test_ref_stands_above_alt_with_a_gap_at_an_indel(is_deletion):
    change, maps = deletion()
    if not is_deletion:
        change = Change("chr22", 1004, "C", "CAA")
        maps = variant_maps(change, "GTTA", "GTTTTTT", maps.contributions)
    (alleles,) = pair(maps, [change])
    figure = variant_figure(maps, alleles, 0, unit="logit")
    upper, lower = logos(figure)
    longer, shorter = (upper, lower) if is_deletion else (lower, upper)
    length = maps.codes.shape[1]
    whole = [*enumerate("GTTACAAGTTTTTT"[:length])]
    assert letters(longer) == whole
    assert letters(shorter) == [each for each in whole if each[0] not in (5, 6)]
    assert upper.get_ylim() == lower.get_ylim()
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("REF (logit)", "ALT (logit)")
    for axes in (upper, lower):
        (shade,) = [patch for patch in axes.patches if patch.get_label() not in {*"ACGT"}]
        assert (shade.get_x(), shade.get_width()) == (4.5, 2)
    positions = ticks(figure)
    assert positions[1005] == 4
    # Positions are those of REF: deleted bases have some, inserted ones do not.
    assert positions[1010] == (9 if is_deletion else 11)


def test_a_variant_says_what_is_predicted_and_names_motifs_over_their_bases():
    change, maps = deletion()
    (alleles,) = pair(maps, [change])
    motif = MotifChange("MA1 X", "lost", "REF", "-", -2, 4, 1002, 1006, 12.34, -1.5, 9.0)
    beyond = MotifChange("MA2 Y", "lost", "REF", "-", 90, 4, 1094, 1098, 12.34, -1.5, 9.0)
    figure = variant_figure(maps, alleles, 0, unit="logit", motifs=[motif, beyond])
    drawn = texts(figure)
    said = "CTCF: predicted logit 1.5 (REF), -0.25 (ALT), difference -1.75"
    assert {"chr22:1005 CAA>C", said, "MA1 X (-) lost: 12.3 → -1.5 bits"} <= drawn
    assert not any("MA2" in text for text in drawn)
    brackets = [line.get_xdata() for axes in figure.axes for line in axes.lines]
    assert [(line[0], line[-1]) for line in brackets if len(line) == 4] == [(1.5, 5.5)]


def test_names_of_motifs_at_one_place_stand_below_each_other():
    change, maps = deletion()
    (alleles,) = pair(maps, [change])
    motifs = [
        MotifChange(f"MA{number}", "lost", "REF", "+", -2, 4, 1002, 1006, 12.3, -1.5, 9.0)
        for number in range(3)
    ]
    figure = variant_figure(maps, alleles, 0, unit="logit", motifs=motifs)
    heights = [
        text.get_position()[1] for text in figure.findobj(Text) if text.get_text().startswith("MA")
    ]
    np.testing.assert_allclose(np.diff(heights), -0.3)


def test_long_alleles_and_names_are_shortened():
    change = Change("chr22", 1004, "C", "C" + "ACGT" * 30)
    maps = variant_maps(change, "GTTA", "G" * 200, np.zeros((2, 1, 205)), outputs=["T" * 500])
    (alleles,) = pair(maps, [change])
    drawn = texts(variant_figure(maps, alleles, 0, unit="logit"))
    assert "chr22:1005 C>CACGTAC…TACGTACGT"[:20] in {text[:20] for text in drawn}
    assert max(map(len, drawn)) < 160


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Figures of a region and of a variant, all of whose names mean something to somebody."""
    folder = tmp_path_factory.mktemp("figures") / "made"
    random = np.random.default_rng(1)
    stretch = Stretch("chr|$1$/", 0, 30, HOSTILE[0])
    region = make_maps([stretch], ["ACGTN" * 6], random.normal(0, 1, (1, 7, 30)), outputs=HOSTILE)
    stems = write_figures(folder, region, unit="logit")
    change = Change("chr|$1$/", 10, "A", "G")
    variant = variant_maps(change, "ACGTA", "CCCC", random.normal(0, 1, (2, 1, 10)))
    motif = MotifChange("<$M$>\x07&", "lost", "REF", "-", -2, 4, 8, 12, 12.34, -1.5, 9.0)
    options = {"changes": [change], "motifs": [[motif]], "first": 2}
    stems += write_figures(folder, variant, unit="probability", **options)
    return folder, stems


def test_files_have_safe_and_distinct_names(hostile):
    folder, stems = hostile
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{stem.name}.{suffix}" for stem in stems for suffix in ("png", "svg", "pdf")}
    assert len(names) == 3 * (len(HOSTILE) + 1)
    assert stems[0].name == "1.script_b_amp.1-script_b_amp"
    assert stems[-1].name == "2.chr_1_-11-A-G.CTCF"


def test_figures_show_hostile_names_as_they_are(hostile):
    _, stems = hostile
    drawn = []
    for stem in stems:
        root = ElementTree.parse(f"{stem}.svg").getroot()
        assert not [part.tag for part in root.iter() if part.tag.endswith(("script", "image"))]
        drawn.append("\n".join("".join(part.itertext()).strip() for part in root.iter()))
    assert f"{HOSTILE[0]}, chr|$1$/:1-30" in drawn[0]
    assert "$\\frac{1}{2}$_: predicted logit 0" in drawn[1]
    assert "a\\x01b: predicted" in drawn[3]
    assert "<$M$>\\x07& (-) lost" in drawn[-1]


def test_files_have_the_same_bytes_every_time(tmp_path):
    change, maps = deletion()
    files = []
    for name in ("one", "two"):
        write_figures(tmp_path / name, maps, unit="logit", changes=[change])
        files.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert files[0] == files[1]
    assert len(files[0]) == 3


def test_maps_without_a_base_or_a_contribution_are_drawn(tmp_path):
    maps = make_maps([Stretch("c", -3, 2, "")], ["NNNNN"], np.zeros(5))
    write_figures(tmp_path, maps, unit="logit")
    maps = make_maps([Stretch("c", 0, 1, ".")], ["A"], [0.0])
    write_figures(tmp_path, maps, unit="logit", first=2)
    assert len([*tmp_path.iterdir()]) == 6
