"""Two spellings of one change get the same scores, whatever the spelling."""

import h5py
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from danq.genome import Reference
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
    """Give where the leftmost of the shortest spellings starts, by trying all."""
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
