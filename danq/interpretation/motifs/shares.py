"""How much of the change of a prediction lies under a motif that a variant makes or breaks."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from danq.interpretation.maps import Floats, Maps
from danq.interpretation.motifs.alignment import Pair
from danq.interpretation.motifs.changes import MotifChange

Doubles = npt.NDArray[np.float64]

COLUMNS = {
    "motif": "name in the motif file",
    "strand": "+ or -",
    "start": "0-based start in the genome",
    "end": "end in the genome, exclusive",
    "effect": "gained or lost; strengthened or weakened where both alleles reach the threshold",
    "ref_log_odds": "highest log2 odds with REF at the change",
    "alt_log_odds": "highest log2 odds with ALT at the change",
    "threshold": "log2 odds that a motif must reach to count",
    "target": "name of the target or group",
    "motif_difference": "sum of contributions under the motif, ALT minus REF",
    "difference": "sum of contributions over both maps, ALT minus REF",
    "share": "motif_difference / difference; NA where gains and losses over the maps cancel",
}
"""Of a table of motif changes, behind those that name the variant."""

_CANCELLED = 0.05
"""Of the sum of absolute differences: a total below this share is what gains and losses leave."""


@dataclass(frozen=True)
class Shares:
    """What lies under one motif, for each of T outputs: float64 (T,) each.

    Attributes
    ----------
    under
        Sum of contributions under the motif, ALT minus REF; NaN where the motif leaves the maps.
    total
        The same over the whole map.
    share
        Their ratio, which is below 0 or above 1 where other bases change the other way. NaN also
        where gains and losses over the map cancel: where the total is less than a twentieth of
        the sum of absolute differences.
    """

    under: Doubles
    total: Doubles
    share: Doubles


def shares(motif: MotifChange, pair: Pair, contributions: Floats) -> Shares:
    """Measure how much of the difference between a variant's maps lies under a motif.

    The whole is the difference between the maps' sums, and not between the two predictions: the
    contributions of mutagenesis do not add up to a prediction, so that only the former has parts.

    Parameters
    ----------
    motif
        From `danq.interpretation.motifs.changes.motif_changes`.
    pair
        The variant's maps.
    contributions
        float32 (n, T, length): of all maps.
    """
    first = pair.at + motif.offset
    last = first + motif.width - 1
    ref, alt = contributions[[pair.ref, pair.alt]].astype(np.float64)
    difference = pair.alignment.difference(ref, alt)
    under, total = np.full(len(difference), np.nan), difference.sum(axis=1)
    if pair.alignment.covers(motif.allele, first, last):
        columns = pair.alignment.columns(motif.allele, first, last + 1)
        under = difference[:, columns].sum(axis=1)
    is_whole = np.abs(total) > _CANCELLED * np.abs(difference).sum(axis=1)
    share = np.divide(under, total, out=np.full_like(total, np.nan), where=is_whole)
    return Shares(under, total, share)


def rows(
    maps: Maps, pairs: Sequence[Pair], motifs: Sequence[Sequence[MotifChange]]
) -> Iterator[list[tuple[str, ...]]]:
    """Yield the rows of each variant: for every motif and output the texts of `COLUMNS`.

    Parameters
    ----------
    maps
        All maps.
    pairs
        Those of n variants, from `danq.interpretation.motifs.alignment.pair`.
    motifs
        What `danq.interpretation.motifs.changes.motif_changes` returned for them.
    """
    contributions = maps.contributions
    for pair, of_variant in zip(pairs, motifs, strict=True):
        table = []
        for motif in of_variant:
            place = (motif.name, motif.strand, str(motif.start), str(motif.end), motif.effect)
            odds = (motif.ref_log_odds, motif.alt_log_odds, motif.threshold)
            words = (*place, *(f"{value:.3f}" for value in odds))
            measured = shares(motif, pair, contributions)
            numbers = np.stack([measured.under, measured.total, measured.share], axis=1)
            for output, values in zip(maps.outputs, numbers, strict=True):
                table.append((*words, output.name, *map(_text, values)))
        yield table


def _text(value: float) -> str:
    return "NA" if math.isnan(value) else f"{value:.5g}"
