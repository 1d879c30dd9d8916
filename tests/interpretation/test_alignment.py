import numpy as np
import pytest

from danq.genome.variants import Change
from danq.interpretation.motifs.alignment import align, differing

_ = -1
WHOLE = [*range(8)]
CASES = {
    # REF and ALT, what differs, the columns of maps of 8 bases with the alleles at base 3.
    "SNV": ("C", "T", (0, 1, 1), WHOLE, WHOLE),
    "several bases": ("CA", "TG", (0, 2, 2), WHOLE, WHOLE),
    "deletion": ("CAA", "C", (1, 2, 0), WHOLE, [0, 1, 2, 3, _, _, 4, 5]),
    "insertion": ("C", "CGT", (1, 0, 2), [0, 1, 2, 3, _, _, 4, 5], WHOLE),
    "longer ALT": ("CA", "TGGC", (0, 2, 4), [0, 1, 2, 3, 4, _, _, 5], WHOLE),
    "longer REF": ("CAA", "TG", (0, 3, 2), WHOLE, [0, 1, 2, 3, 4, _, 5, 6]),
    "at a contig's first base": ("AC", "C", (0, 1, 0), WHOLE, [0, 1, 2, _, 3, 4, 5, 6]),
    "past the end": ("C", "CGTGTGTGT", (1, 0, 8), [0, 1, 2, 3, _, _, _, _], WHOLE),
}


@pytest.mark.parametrize(("ref", "alt", "differ", "above", "below"), CASES.values(), ids=CASES)
def test_alleles_are_aligned_from_the_left_with_gaps_behind_the_shorter(
    ref, alt, differ, above, below
):
    change = Change("chr1", 100, ref, alt)
    assert differing(change) == differ
    alignment = align(change, 3, 8)
    np.testing.assert_array_equal(alignment.ref, above)
    np.testing.assert_array_equal(alignment.alt, below)
    first = 3 + differ[0]
    assert alignment.changed == slice(first, min(8, first + max(differ[1:])))


def test_bases_of_an_allele_take_the_gaps_among_them():
    alignment = align(Change("chr1", 100, "C", "CGT"), 3, 8)
    assert alignment.columns("REF", 2, 5) == slice(2, 7)
    assert alignment.columns("ALT", 4, 6) == slice(4, 6)
    assert alignment.columns("REF", 6, 8) == slice(0, 0)
    assert alignment.covers("REF", 0, 5)
    assert not alignment.covers("REF", 3, 6)
    assert not alignment.covers("ALT", -1, 4)


def test_difference_counts_missing_bases_as_nothing():
    alignment = align(Change("chr1", 100, "CA", "C"), 1, 5)
    ref, alt = np.array([1.0, 2, 4, 8, 16]), np.array([10.0, 20, 30, 40, 50])
    np.testing.assert_array_equal(alignment.difference(ref, alt), [9, 18, -4, 22, 24])
