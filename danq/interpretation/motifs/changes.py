"""Motifs that a variant makes or breaks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from danq.genome.sequence import Codes
from danq.genome.variants import Change
from danq.interpretation.motifs.alignment import GAP, align, differing
from danq.interpretation.motifs.scan import MotifScan

MOST = 3
"""Motifs that are reported of a variant: many in a collection are of one family."""

LEAST_CHANGE = 1.0
"""Bits by which a motif's log-odds must change."""

_EFFECTS = {
    # Whether ALT scores higher, and whether both alleles reach the threshold.
    (True, False): "gained",
    (False, False): "lost",
    (True, True): "strengthened",
    (False, True): "weakened",
}


@dataclass(frozen=True)
class MotifChange:
    """A motif that matches one allele of a variant better than the other.

    Attributes
    ----------
    name
        As in the motif file.
    effect
        ``gained`` or ``lost`` where only one allele reaches the threshold, ``strengthened`` or
        ``weakened`` where both do.
    allele
        ``REF`` or ``ALT``, the one with the higher log-odds. The motif lies in this one.
    strand
        ``+``, or ``-`` for the reverse complement.
    offset, width
        The motif's first base, counted from the first base of the normalised alleles, and its
        number of bases.
    start, end
        0-based half-open in the genome; of inserted bases alone, the base behind them, twice.
    ref_log_odds, alt_log_odds
        Highest at the change, in bits.
    threshold
        What the higher one has reached.
    """

    name: str
    effect: str
    allele: str
    strand: str
    offset: int
    width: int
    start: int
    end: int
    ref_log_odds: float
    alt_log_odds: float
    threshold: float


@dataclass(frozen=True)
class _Alleles:
    """One variant's windows, and in each the stretch of changed bases, by allele."""

    change: Change
    at: int
    codes: dict[str, Codes]
    stretches: dict[str, tuple[int, int]]


def motif_changes(
    scan: MotifScan,
    changes: Sequence[Change],
    reference_codes: Codes,
    alternative_codes: Codes,
    *,
    at: int,
    most: int = MOST,
) -> list[list[MotifChange]]:
    """Find the motifs whose log-odds at a variant differ most between its alleles.

    Of each motif the highest log-odds with REF are compared with the highest with ALT, over all
    places on both strands that touch a changed base, or span the junction where an allele has
    none. An insertion or deletion in a repeat touches all bases that it could as well be. A motif
    counts where the better allele reaches its threshold, and the difference is at least
    `LEAST_CHANGE`.

    Parameters
    ----------
    scan
        The motifs.
    changes
        n variants.
    reference_codes, alternative_codes
        uint8 (n, length): both alleles' windows, such as those of
        `danq.genome.variants.windows`; they should reach a motif's width to either side.
    at
        Index of the first base of the normalised alleles in all windows.
    most
        Number of motifs per variant, the largest differences first.

    Returns
    -------
    list of list of MotifChange
        Of each variant; empty where no motif counts.
    """
    variants = [
        _alleles(change, at, ref, alt)
        for change, ref, alt in zip(changes, reference_codes, alternative_codes, strict=True)
    ]
    ref, alt = (
        scan.best(codes, [variant.stretches[allele] for variant in variants])
        for allele, codes in (("REF", reference_codes), ("ALT", alternative_codes))
    )
    fits = np.isfinite(ref) & np.isfinite(alt)
    sizes = np.abs(np.subtract(alt, ref, out=np.zeros_like(ref), where=fits))
    counts = (np.maximum(ref, alt) >= scan.thresholds) & (sizes >= LEAST_CHANGE)
    order = np.argsort(np.where(counts, -sizes, 0), axis=1, kind="stable")[:, :most]
    return [
        [
            _motif_change(scan, motif, variant, float(ref[row, motif]), float(alt[row, motif]))
            for motif in order[row][counts[row, order[row]]].tolist()
        ]
        for row, variant in enumerate(variants)
    ]


def _alleles(change: Change, at: int, reference: Codes, alternative: Codes) -> _Alleles:
    """Find the changed bases.

    A deleted unit of a repeat is one of several equal ones: the stretches reach as far as the
    change could be moved to the right, or a motif that only moves would seem lost.
    """
    before, ref, alt = differing(change)
    first = at + before
    moves = 0
    if not (ref and alt):
        longer, unit = (reference if ref else alternative)[first:], ref or alt
        differs = np.flatnonzero(longer[:-unit] != longer[unit:])
        moves = int(differs[0]) if differs.size else max(len(longer) - unit, 0)
    return _Alleles(
        change,
        at,
        {"REF": reference, "ALT": alternative},
        {"REF": (first, first + ref + moves), "ALT": (first, first + alt + moves)},
    )


def _motif_change(
    scan: MotifScan, motif: int, variant: _Alleles, ref: float, alt: float
) -> MotifChange:
    is_gain = alt > ref
    allele = "ALT" if is_gain else "REF"
    first, strand = scan.place(variant.codes[allele], variant.stretches[allele], motif)
    width, threshold = len(scan.log_odds[motif]), float(scan.thresholds[motif])
    start, end = _in_genome(variant, allele, first, width)
    return MotifChange(
        name=scan.names[motif],
        effect=_EFFECTS[is_gain, min(ref, alt) >= threshold],
        allele=allele,
        strand=strand,
        offset=first - variant.at,
        width=width,
        start=start,
        end=end,
        ref_log_odds=ref,
        alt_log_odds=alt,
        threshold=threshold,
    )


def _in_genome(variant: _Alleles, allele: str, first: int, width: int) -> tuple[int, int]:
    """Return where the bases [first, first + width) of one allele's window lie in the genome."""
    change = variant.change
    alignment = align(change, variant.at, len(variant.codes[allele]))
    bases = alignment.ref[alignment.columns(allele, first, first + width)]
    bases = bases[bases != GAP]
    if bases.size:
        origin = change.start - variant.at
        return origin + int(bases[0]), origin + int(bases[-1]) + 1
    before, ref, _ = differing(change)
    behind = change.start + before + ref
    return behind, behind
