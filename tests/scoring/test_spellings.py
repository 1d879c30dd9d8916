"""Two spellings of one change get the same scores, whatever the spelling."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danq import models
from danq.genome import Reference, reverse_complement
from danq.scoring import score, score_alleles
from tests.scoring.toy import random_toy

TOY = random_toy(window=24)


@st.composite
def changes(draw):
    """A genome with repeats, and one change as it would be typed: (text, start, ref, alt)."""
    unit = draw(st.text("ACGT", min_size=1, max_size=3))
    flanks = [draw(st.text("ACGT", min_size=0, max_size=30)) for _ in range(2)]
    text = "A" + flanks[0] + unit * draw(st.integers(1, 12)) + flanks[1]
    start = draw(st.integers(0, len(text) - 1))
    ref = text[start : start + draw(st.integers(1, 6))]
    alt = draw(st.text("ACGT", min_size=1, max_size=6).filter(lambda a: a != ref))
    return text, start, ref, alt


def equal_spellings(text, start, ref, alt):
    """List all (start, ref, alt) within a few bases that edit the text to the same result."""
    edited = text[:start] + alt + text[start + len(ref) :]
    growth = len(alt) - len(ref)
    for other in range(max(0, start - 12), min(len(text), start + 12)):
        for length in range(max(1, 1 - growth), 12):
            new = edited[other : other + length + growth]
            old = text[other : other + length]
            if len(old) == length and text[:other] + new + text[other + length :] == edited:
                yield other, old, new


def genome_of(factory, **contigs):
    path = factory.mktemp("g") / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in contigs.items()))
    return Reference(path)


@settings(max_examples=60, deadline=None)
@given(change=changes(), data=st.data())
def test_spellings_of_one_change(tmp_path_factory, change, data):
    text, start, ref, alt = change
    genome = genome_of(tmp_path_factory, chr7=text)
    spellings = [(start, ref, alt), *equal_spellings(text, start, ref, alt)]
    listed = [
        (
            data.draw(st.sampled_from(["chr7", "7"])),
            s + 1,
            *(data.draw(st.sampled_from([a, a.lower(), a.title()])) for a in (r, t)),
        )
        for s, r, t in spellings
    ]
    found = score_alleles(TOY, genome, listed)
    assert len(set(found.reasons)) == 1
    for scores in (found.diff, found.logit):
        np.testing.assert_allclose(scores, scores[:1].repeat(len(scores), axis=0), atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(change=changes(), alts=st.lists(st.text("ACGT", min_size=1, max_size=4), max_size=4))
def test_records_of_several_alts_equal_their_parts(tmp_path_factory, change, alts):
    text, start, ref, alt = change
    folder = tmp_path_factory.mktemp("v")
    alts = [alt, *alts, alt.lower(), "*"]
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    row = f"chr7\t{start + 1}\t.\t{ref}\t%s\t.\t.\t.\n"
    (folder / "joint.vcf").write_text(head + row % ",".join(alts))
    (folder / "split.vcf").write_text(head + "".join(row % a for a in alts))
    genome = genome_of(tmp_path_factory, chr7=text)
    found = []
    for name in ("joint", "split"):
        scores = folder / f"{name}.h5"
        score(TOY, genome, folder / f"{name}.vcf", folder / f"{name}.out.vcf", scores=scores)
        with h5py.File(scores) as file:
            found.append((file["logit"][:], file["diff"][:], file["reason"].asstr()[:].tolist()))
    for one, other in zip(*found, strict=True):
        if isinstance(one, list):
            assert one == other
        else:
            np.testing.assert_allclose(one, other, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(change=changes())
def test_the_scores_are_those_of_the_edited_genome(tmp_path_factory, change):
    """Where the alternative window reads is worked out on text, from the leftmost spelling."""
    text, start, ref, alt = change
    genome = genome_of(tmp_path_factory, c=text)
    found = score_alleles(TOY, genome, [("c", start + 1, ref, alt)])
    edited = text[:start] + alt + text[start + len(ref) :]
    begin = leftmost_of_the_shortest(text, start, ref, alt) - 11
    z = []
    for whole in (text, edited):
        window = ("N" * 60 + whole + "N" * 60)[60 + begin : 84 + begin]
        codes = np.array([["ACGTN".index(base) for base in window]], dtype=np.uint8)
        flipped = np.where(codes < 4, 3 - codes, 4)[:, ::-1].astype(np.uint8)
        z.append(np.stack([TOY.logits(codes)[0], TOY.logits(flipped)[0]]))
    expected = ((z[1] - z[0]) / np.log(2)).mean(axis=0)
    np.testing.assert_allclose(found.logit[0], expected, atol=1e-4)


def leftmost_of_the_shortest(text, start, ref, alt):
    """Return where the leftmost of the shortest spellings starts, by trying all."""
    spellings = list(all_spellings(text, start, ref, alt))
    least = min(length for _, length in spellings)
    return min(first for first, length in spellings if length == least)


def all_spellings(text, start, ref, alt):
    """List the place and the alleles' length of each spelling without empty alleles."""
    edited = text[:start] + alt + text[start + len(ref) :]
    growth = len(edited) - len(text)
    for first in range(len(text)):
        for length in range(max(1, 1 - growth), len(text) - first + 1):
            new = edited[first : first + length + growth]
            if text[:first] + new + text[first + length :] == edited:
                yield first, 2 * length + growth
                break


@pytest.fixture(scope="module")
def network():
    """A network with states and pooling at work, which shares what alleles have in common."""
    built = models.danq(sequence_length=80, outputs=3, width=0.02)
    rng = np.random.default_rng(8)
    built.set_weights([rng.normal(0, 0.4, weights.shape) for weights in built.get_weights()])
    return models.Predictor(built, batch_size=32)


@st.composite
def respelled(draw):
    """A genome with repeats, records on it, and for each of their alleles other records."""
    text = "".join(
        draw(st.text("ACGT", min_size=1, max_size=4)) * draw(st.integers(1, 6)) for _ in range(6)
    )
    records, others = [], []
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text) - 1))
        ref = text[start : start + draw(st.integers(1, 5))]
        alts = draw(
            st.lists(st.text("ACGT", min_size=1, max_size=5), min_size=1, max_size=3, unique=True)
        )
        records.append((start, ref, alts))
        for alt in alts:
            spellings = [(start, ref, alt)]
            if alt != ref:
                spellings += equal_spellings(text, start, ref, alt)
            chosen = draw(st.lists(st.sampled_from(spellings), min_size=1, max_size=3))
            case = draw(st.sampled_from([str.upper, str.lower, str.swapcase]))
            contig = draw(st.sampled_from(["chr22", "22"]))
            others.append([(contig, s, case(r), case(a)) for s, r, a in chosen])
    return text, records, others


def write_records(path, rows):
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for contig, start, ref, alts in rows:
        lines.append(f"{contig}\t{start + 1}\t.\t{ref}\t{','.join(alts)}\t.\t.\t.")
    path.write_text("\n".join([*lines, ""]))


def scores_of(network, genome, folder, rows):
    """Score a file; give logit and diff of every allele side by side, and the reasons."""
    write_records(folder / "in.vcf", rows)
    score(network, genome, folder / "in.vcf", folder / "out.vcf", scores=folder / "s.h5")
    with h5py.File(folder / "s.h5") as file:
        both = np.concatenate([file["logit"][:], file["diff"][:]], axis=1)
        return both, file["reason"].asstr()[:].tolist()


@settings(max_examples=25, deadline=None)
@given(case=respelled())
def test_files_that_say_the_same_score_the_same(network, tmp_path_factory, case):
    """Joint records against split, shifted, padded, trimmed, renamed and repeated ones."""
    text, records, others = case
    genome = genome_of(tmp_path_factory, chr22=text)
    folder = tmp_path_factory.mktemp("v")
    joint, reasons = scores_of(network, genome, folder, [("chr22", *row) for row in records])
    rows = [(c, s, r, [a]) for spellings in others for c, s, r, a in spellings]
    place = [number for number, spellings in enumerate(others) for _ in spellings]
    apart, other_reasons = scores_of(network, genome, folder, rows)
    assert other_reasons == [reasons[number] for number in place]
    np.testing.assert_allclose(apart, joint[place], atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(text=st.text("ACGT", min_size=1, max_size=80), data=st.data())
def test_swapping_ref_and_alt_of_a_substitution_negates(network, tmp_path_factory, text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    alt = data.draw(st.sampled_from([base for base in "ACGT" if base != text[start]]))
    swapped = text[:start] + alt + text[start + 1 :]
    one = score_alleles(
        network, genome_of(tmp_path_factory, c=text), [("c", start + 1, text[start], alt)]
    )
    other = score_alleles(
        network, genome_of(tmp_path_factory, c=swapped), [("c", start + 1, alt, text[start])]
    )
    np.testing.assert_allclose(one.logit, -other.logit, atol=1e-5)
    np.testing.assert_allclose(one.diff, -other.diff, atol=1e-5)


class Mirrored:
    """A predictor that reads the other strand of every window."""

    def __init__(self, predictor):
        self.window, self.n_targets = predictor.window, predictor.n_targets
        self.logits = lambda codes: predictor.logits(reverse_complement(codes))


@settings(max_examples=25, deadline=None)
@given(change=changes())
def test_exchanging_windows_for_their_other_strand_changes_nothing(
    network, tmp_path_factory, change
):
    text, start, ref, alt = change
    genome = genome_of(tmp_path_factory, c=text)
    alleles = [("c", start + 1, ref, alt)]
    one, other = (score_alleles(n, genome, alleles) for n in (network, Mirrored(network)))
    np.testing.assert_allclose(one.logit, other.logit, atol=1e-5)
    np.testing.assert_allclose(one.diff, other.diff, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(text=st.text("ACGT", min_size=1, max_size=60), data=st.data())
def test_the_other_strand_of_a_genome_scores_the_same(tmp_path_factory, text, data):
    """With a centre in the middle, a substitution and its mirror image have mirrored windows."""
    start = data.draw(st.integers(0, len(text) - 1))
    alt = data.draw(st.sampled_from([base for base in "ACGT" if base != text[start]]))
    complement = str.maketrans("ACGT", "TGCA")
    genome = genome_of(tmp_path_factory, c=text, m=text.translate(complement)[::-1])
    there = (text[start].translate(complement), alt.translate(complement))
    alleles = [("c", start + 1, text[start], alt), ("m", len(text) - start, *there)]
    found = score_alleles(random_toy(window=21), genome, alleles)
    np.testing.assert_allclose(found.logit[0], found.logit[1], atol=1e-5)
    np.testing.assert_allclose(found.diff[0], found.diff[1], atol=1e-5)
