"""The two alleles of a variant side by side: which base of one stands above which of the other."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from danq.genome.variants import Change, shared_prefix
from danq.interpretation.maps import Maps

Floats = npt.NDArray[np.floating[Any]]

GAP = -1


class Alignment(NamedTuple):
    """The columns of REF above ALT, as many as either sequence has bases.

    Attributes
    ----------
    ref, alt
        int64 (length,): the index of a column's base in that allele's sequence; `GAP` where only
        the other allele has a base.
    changed
        The columns in which the alleles differ.
    """

    ref: npt.NDArray[np.int64]
    alt: npt.NDArray[np.int64]
    changed: slice

    def columns(self, allele: str, start: int, end: int) -> slice:
        """Return the columns of the bases [start, end) of ``REF`` or ``ALT``, gaps among them."""
        indices = self._indices(allele)
        inside = np.flatnonzero((indices >= start) & (indices < end))
        return slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0, 0)

    def covers(self, allele: str, first: int, last: int) -> bool:
        """Return whether two bases of ``REF`` or ``ALT`` have columns."""
        indices = self._indices(allele)
        return first >= 0 and bool((indices == first).any() and (indices == last).any())

    def _indices(self, allele: str) -> npt.NDArray[np.int64]:
        return self.ref if allele == "REF" else self.alt

    def difference(self, ref: Floats, alt: Floats) -> Floats:
        """Return ALT minus REF, column by column; a missing base contributes nothing.

        Parameters
        ----------
        ref, alt
            float (..., length): contributions of each allele's bases.
        """
        return spread(alt, self.alt) - spread(ref, self.ref)


class Pair(NamedTuple):
    """The maps of one variant.

    `ref` and `alt` are their indices among all maps, and `at` is the index of the first base of
    the alleles in both.
    """

    change: Change
    ref: int
    alt: int
    at: int
    alignment: Alignment


def spread(values: Floats, indices: npt.NDArray[np.int64]) -> Floats:
    """Return values (..., length) in their columns, 0 in gaps."""
    result: Floats = np.where(indices == GAP, 0, values[..., indices])
    return result


def differing(change: Change) -> tuple[int, int, int]:
    """Return where alleles differ: the first base from their start, and how many of REF and ALT.

    A normalised insertion or deletion keeps a base that both alleles share: the one before it, or
    at a contig's first base the one behind it.
    """
    ref, alt = change.ref, change.alt
    before = shared_prefix(ref, alt)
    behind = shared_prefix(ref[before:][::-1], alt[before:][::-1])
    return before, len(ref) - before - behind, len(alt) - before - behind


def align(change: Change, at: int, length: int) -> Alignment:
    """Align the sequences of both alleles, which begin at the same base.

    Changed bases stand above each other from the left; after those of the shorter allele comes its
    gap. What only one sequence covers at its right end is left out.

    Parameters
    ----------
    change
        The variant.
    at
        Index of the first base of its alleles in both sequences.
    length
        Bases of each sequence.
    """
    before, *counts = differing(change)
    first, width = at + before, max(counts)
    ref, alt = (
        np.concatenate(
            [
                np.arange(first + count),
                np.full(width - count, GAP),
                np.arange(first + count, length),
            ]
        )[:length]
        for count in counts
    )
    return Alignment(ref, alt, slice(first, min(first + width, length)))


def pair(maps: Maps, changes: Sequence[Change]) -> list[Pair]:
    """Return the maps of each variant: those of REF and those of ALT, each in the variants' order.

    Parameters
    ----------
    maps
        Two maps per variant, in which the variant lies.
    changes
        The variants.
    """
    rows = {
        allele: [row for row, stretch in enumerate(maps.stretches) if stretch.allele == allele]
        for allele in ("REF", "ALT")
    }
    pairs = []
    for change, ref, alt in zip(changes, rows["REF"], rows["ALT"], strict=True):
        at = change.start - maps.stretches[ref].start
        pairs.append(Pair(change, ref, alt, at, align(change, at, maps.codes.shape[1])))
    return pairs
