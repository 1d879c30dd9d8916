from itertools import product

import numpy as np
import pytest

from danq.genome import UNKNOWN, decode, encode, reverse_complement
from danq.genome.variants import Change
from danq.interpretation.motifs.changes import motif_changes
from danq.interpretation.motifs.scan import MotifScan
from danq.models.motifs.files import Motif

LENGTH, AT = 80, 40
WORD = "GATTACAGC"


def motif(name, word, sure=0.94):
    rest = (1 - sure) / 3
    return Motif(name, np.where(np.eye(4)[encode(word)] > 0, sure, rest))


def random_motif(random, width):
    return Motif(f"m{width}", random.dirichlet([0.4] * 4, width))


def log_odds(frequencies, word):
    """FIMO's log-odds of a motif of 20 sites, base by base; a word has one base per row."""
    total = 0.0
    for row, base in zip(frequencies, word, strict=True):
        if base != UNKNOWN:
            total += np.log2((20 * row[base] + 0.1 * 0.25) / 20.1 / 0.25)
    return total


def best(frequencies, codes, first, last):
    """The highest log-odds over words that hold a base in [first, last), or both around `first`."""
    width, scores = len(frequencies), []
    for start in range(len(codes) - width + 1):
        bases = range(start, start + width)
        touched = any(first <= base < last for base in bases)
        spanned = first - 1 in bases and first in bases
        if touched if first < last else spanned:
            word = codes[start : start + width]
            scores += [log_odds(frequencies, each) for each in (word, reverse_complement(word))]
    return max(scores, default=-np.inf)


def windows(change, sequence):
    """Both alleles' windows, cut from a longer sequence that holds REF at `AT`."""
    ref = encode(sequence)
    end = AT + len(change.ref)
    assert sequence[AT:end] == change.ref
    alt = np.concatenate([ref[:AT], encode(change.alt), ref[end:]])
    return ref[None, :LENGTH], alt[None, :LENGTH]


def found(motifs, change, sequence, **options):
    (changes,) = motif_changes(
        MotifScan(motifs), [change], *windows(change, sequence), at=AT, **options
    )
    return changes


def planted(word, at, background="T"):
    """A sequence of one base, longer than a window, that holds a word."""
    return background * at + word + background * (2 * LENGTH - at - len(word))


@pytest.mark.parametrize("seed", range(4))
def test_a_threshold_is_that_of_all_words(seed):
    motifs = [random_motif(np.random.default_rng(seed), 7)]
    p_value = (1e-4, 1e-3, 0.01, 0.05)[seed]
    threshold = MotifScan(motifs, p_value=p_value).thresholds[0]
    words = np.array([*product(range(4), repeat=7)])
    scores = np.array([log_odds(motifs[0].frequencies, word) for word in words])
    # Positions are rounded to a thousandth of a bit.
    assert np.mean(scores >= threshold + 0.007) <= p_value < np.mean(scores >= threshold - 0.001)
    assert scores.max() >= threshold > 0


def test_a_threshold_is_above_zero_where_rare_words_reach_less():
    assert 0 < MotifScan([motif("long", WORD * 4, sure=1.0)]).thresholds[0] < 0.01


def test_short_motifs_never_count():
    scan = MotifScan([motif("short", "GATTAC"), motif("longer", "GATTACA")])
    assert scan.never_count == ["short"]
    change = Change("chr1", 1000, "T", "A")
    (changes,) = motif_changes(scan, [change], *windows(change, planted("GATTACA", 38)), at=AT)
    assert [each.name for each in changes] == ["longer"]


@pytest.mark.parametrize(("first", "count"), [(40, 1), (40, 0), (40, 7), (0, 2), (77, 3), (3, 0)])
def test_scores_are_the_highest_that_touch_a_stretch(first, count):
    random = np.random.default_rng([first, count])
    motifs = [random_motif(random, width) for width in (1, 2, 6, 6, 11, 90)]
    codes = random.integers(0, 5, (3, LENGTH)).astype(np.uint8)
    scores = MotifScan(motifs).best(codes, [(first, first + count)] * 3)
    for row, column in np.ndindex(3, 6):
        expected = best(motifs[column].frequencies, codes[row], first, first + count)
        assert scores[row, column] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("strand", "+-")
def test_a_motif_that_an_snv_destroys_is_lost(strand):
    word = WORD if strand == "+" else decode(reverse_complement(encode(WORD)))
    change = Change("chr1", 1000, word[4], "G")
    factor = motif("MA1.1 GAT", WORD)
    sequence = planted(word, 36)
    ref, alt = (codes[0] for codes in windows(change, sequence))
    (lost,) = found([motif("other", "CCCCCCCCC"), factor], change, sequence)
    assert (lost.name, lost.effect, lost.allele, lost.strand) == (
        "MA1.1 GAT",
        "lost",
        "REF",
        strand,
    )
    assert (lost.offset, lost.width, lost.start, lost.end) == (-4, 9, 996, 1005)
    assert lost.ref_log_odds == pytest.approx(9 * log_odds(factor.frequencies[:1], [2]))
    assert lost.ref_log_odds == pytest.approx(best(factor.frequencies, ref, 40, 41))
    assert lost.alt_log_odds == pytest.approx(best(factor.frequencies, alt, 40, 41))
    assert lost.alt_log_odds < lost.threshold < lost.ref_log_odds
    back = Change("chr1", 1000, "G", word[4])
    (gained,) = found([factor], back, decode(alt) + "T" * LENGTH)
    assert (gained.effect, gained.allele, gained.offset) == ("gained", "ALT", -4)
    assert (gained.ref_log_odds, gained.alt_log_odds) == (lost.alt_log_odds, lost.ref_log_odds)


INDELS = {
    # REF, ALT, the word and where it lies, effect, offset and ends of the motif's place.
    "deleted base": ("AC", "A", WORD, 36, "lost", -4, (996, 1005)),
    "junction made": ("AGG", "A", "GATTAGGCAGC", 36, "gained", -4, (996, 1007)),
    "junction broken": ("A", "AGG", WORD, 36, "lost", -4, (996, 1005)),
    "within an insertion": ("T", f"T{WORD}", "", 0, "gained", 1, (1001, 1001)),
    "into an insertion": ("T", f"T{WORD[:4]}", WORD[4:], 41, "gained", 1, (1001, 1006)),
}


@pytest.mark.parametrize("case", INDELS.values(), ids=INDELS)
def test_indels_make_and_break_motifs(case):
    ref, alt, word, at, effect, offset, ends = case
    (change,) = found([motif("m", WORD)], Change("chr1", 1000, ref, alt), planted(word, at))
    assert (change.effect, change.offset, (change.start, change.end)) == (effect, offset, ends)


def test_a_motif_that_only_moves_is_not_lost():
    # Of five equal units one is deleted, as the leftmost, and the motif needs four.
    repeat = "GAC" * 5
    change = Change("chr1", 1000, "TGAC", "T")
    assert found([motif("m", "GAC" * 4)], change, planted(repeat, 41)) == []
    (shorter,) = found([motif("m", "GAC" * 5)], change, planted(repeat, 41))
    assert shorter.effect == "weakened"


def test_a_motif_beside_a_change_does_not_hide_one_in_it():
    sequence = planted(f"{WORD}CC{WORD}", 36)
    (lost,) = found([motif("m", WORD)], Change("chr1", 1000, "ACAGC", "A"), sequence)
    assert (lost.effect, lost.offset) == ("lost", -4)


def test_motifs_that_both_alleles_hold_are_weaker_or_stronger():
    factor = motif("m", WORD)
    factor.frequencies[4] = [0.6, 0.36, 0.02, 0.02]
    assert found([factor], Change("chr1", 1000, "A", "C"), planted(WORD, 36)) == []
    factor.frequencies[4] = [0.7, 0.26, 0.02, 0.02]
    (weaker,) = found([factor], Change("chr1", 1000, "A", "C"), planted(WORD, 36))
    (stronger,) = found([factor], Change("chr1", 1000, "C", "A"), planted("GATTCCAGC", 36))
    assert (weaker.effect, stronger.effect) == ("weakened", "strengthened")
    assert stronger.alt_log_odds - stronger.ref_log_odds == pytest.approx(
        np.log2((20 * 0.7 + 0.025) / (20 * 0.26 + 0.025))
    )


def test_the_largest_differences_come_first():
    motifs = [motif(f"sure {sure}", WORD, sure) for sure in (0.8, 0.94, 0.9, 0.94, 0.85)]
    change = Change("chr1", 1000, "A", "G")
    names = [each.name for each in found(motifs, change, planted(WORD, 36), most=4)]
    assert names == ["sure 0.94", "sure 0.94", "sure 0.9", "sure 0.85"]
    assert len(found(motifs, change, planted(WORD, 36))) == 3


def test_many_variants_are_as_one_by_one():
    random = np.random.default_rng(5)
    scan = MotifScan([random_motif(random, width) for width in (7, 8, 8, 12)], p_value=0.05)
    ref = random.integers(0, 5, (40, LENGTH)).astype(np.uint8)
    ref[:, AT], alt = 0, ref.copy()
    alt[:, AT] = 2
    changes = [Change("chr1", 1000 + row, "A", "G") for row in range(40)]
    together = motif_changes(scan, changes, ref, alt, at=AT)
    one_by_one = [
        motif_changes(scan, changes[row : row + 1], ref[row : row + 1], alt[row : row + 1], at=AT)
        for row in range(40)
    ]
    assert together == [each for (each,) in one_by_one]
    assert any(together)
    assert motif_changes(scan, [], ref[:0], alt[:0], at=AT) == []
    assert motif_changes(MotifScan([]), changes, ref, alt, at=AT) == [[]] * 40
