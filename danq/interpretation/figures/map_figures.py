"""Figures of contribution maps: of a region, and of both alleles of a variant."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from danq.genome import UNKNOWN, Region
from danq.genome.variants import Change
from danq.interpretation.figures.logo_figure import Lane, Logos, Mark, logo_figure
from danq.interpretation.maps import Maps, Stretch
from danq.interpretation.motifs.alignment import GAP, Pair, pair, spread
from danq.interpretation.motifs.changes import MotifChange
from danq.outputs import check_folder_of
from danq.paths import StrPath
from danq.plotting import caption, save, shortened

_LONGEST_NAME, _LONGEST_ALLELE, _LONGEST_MOTIF, _LONGEST_FILE = 60, 16, 32, 60
_NAMELESS = ("", ".")
_UNSAFE = re.compile(r"[^A-Za-z0-9+-]+")


def region_figure(maps: Maps, row: int, output: int, *, unit: str) -> Any:
    """Draw one map: a letter per base, as high as the base's contribution.

    Parameters
    ----------
    maps
        All maps.
    row, output
        Which is drawn, and for which of the outputs.
    unit
        Of the contributions, such as ``logit``.
    """
    stretch, codes = maps.stretches[row], maps.codes[row]
    place = str(Region(stretch.contig, stretch.start, stretch.end))
    predicted = float(maps.predicted[row, output])
    lane = Lane(unit, maps.contributions[row, output], codes, np.zeros(len(codes), bool))
    return logo_figure(
        Logos(
            _title(stretch.name, place),
            f"{_output(maps, output)}: predicted {unit} {predicted:.4g}",
            stretch.contig,
            np.arange(len(codes)) + stretch.start + 1,
            [lane],
        )
    )


def variant_figure(
    maps: Maps, pair: Pair, output: int, *, unit: str, motifs: Sequence[MotifChange] = ()
) -> Any:
    """Draw REF above ALT, base above base and on one scale, with the change shaded.

    Parameters
    ----------
    maps
        All maps.
    pair
        Those of the variant.
    output
        For which of the outputs.
    unit
        Of the contributions, such as ``logit``.
    motifs
        Named beneath, with a bracket over their bases.
    """
    change, alignment, stretch = pair.change, pair.alignment, maps.stretches[pair.ref]
    ref, alt = (float(maps.predicted[row, output]) for row in (pair.ref, pair.alt))
    sides = {"REF": (pair.ref, alignment.ref), "ALT": (pair.alt, alignment.alt)}
    lanes = [
        Lane(
            f"{allele} ({unit})",
            spread(maps.contributions[row, output], indices),
            np.where(indices == GAP, UNKNOWN, maps.codes[row, indices]),
            indices == GAP,
        )
        for allele, (row, indices) in sides.items()
    ]
    return logo_figure(
        Logos(
            _title(
                stretch.name, f"{change.contig}:{change.start + 1} {'>'.join(_alleles(change))}"
            ),
            f"{_output(maps, output)}: predicted {unit} {ref:.4g} (REF), {alt:.4g} (ALT), "
            f"difference {alt - ref:+.4g}",
            stretch.contig,
            np.where(alignment.ref == GAP, 0, alignment.ref + stretch.start + 1),
            lanes,
            alignment.changed,
            list(_marks(pair, motifs)),
        )
    )


def _title(name: str, place: str) -> str:
    names = dict.fromkeys([place] if name in _NAMELESS else [name, place])
    return ", ".join(caption(each, _LONGEST_NAME) for each in names)


def _alleles(change: Change) -> list[str]:
    return [shortened(bases, _LONGEST_ALLELE) for bases in (change.ref, change.alt)]


def _output(maps: Maps, output: int) -> str:
    return caption(maps.outputs[output].name, _LONGEST_NAME)


def _marks(pair: Pair, motifs: Sequence[MotifChange]) -> Iterator[Mark]:
    for motif in motifs:
        first = pair.at + motif.offset
        columns = pair.alignment.columns(motif.allele, first, first + motif.width)
        yield Mark(
            columns,
            f"{caption(motif.name, _LONGEST_MOTIF)} ({motif.strand}) {motif.effect}: "
            f"{motif.ref_log_odds:.1f} → {motif.alt_log_odds:.1f} bits",
        )


def write_figures(
    folder: StrPath,
    maps: Maps,
    *,
    unit: str,
    changes: Sequence[Change] = (),
    motifs: Sequence[Sequence[MotifChange]] = (),
    first: int = 1,
) -> list[Path]:
    """Write a figure of every region, or of every variant, for every output.

    Each is written as .png, .svg and .pdf. Its name is the number of the region or variant, what
    is safe of the region's name or of the variant, and of the output:
    ``12.chr22-17000001-C-T.CTCF.png``.

    Parameters
    ----------
    folder
        Made where it is missing.
    maps
        Of regions; or of n variants, two of each.
    unit
        Of the contributions, such as ``logit``.
    changes
        The n variants, as `danq.interpretation.motifs.alignment.pair` wants them.
    motifs
        Of each variant, what `danq.interpretation.motifs.changes.motif_changes` returned.
    first
        Number of the first region or variant.

    Returns
    -------
    list of pathlib.Path
        The paths, without the endings.
    """
    check_folder_of(Path(folder) / "figures")
    outputs = _file_names(output.name for output in maps.outputs)
    pairs = pair(maps, changes) if changes else []
    names = [_variant_name(each.change) for each in pairs] or map(_region_name, maps.stretches)
    stems = []
    for index, name in enumerate(names):
        for output, output_name in enumerate(outputs):
            if pairs:
                of_variant = motifs[index] if motifs else ()
                figure = variant_figure(maps, pairs[index], output, unit=unit, motifs=of_variant)
            else:
                figure = region_figure(maps, index, output, unit=unit)
            stem = Path(folder) / f"{first + index}.{_safe(name)}.{output_name}"
            save(figure, stem)
            stems.append(stem)
    return stems


def _variant_name(change: Change) -> str:
    return "-".join((change.contig, str(change.start + 1), *_alleles(change)))


def _region_name(stretch: Stretch) -> str:
    place = f"{stretch.contig}-{stretch.start + 1}-{stretch.end}"
    return place if stretch.name in _NAMELESS else stretch.name


def _file_names(names: Iterable[str]) -> list[str]:
    """Return what is safe of each name; numbered, unless they differ whatever a disk ignores."""
    safe = [_safe(name) for name in names]
    if len({name.casefold() for name in safe}) == len(safe):
        return safe
    return [f"{number}-{name}" for number, name in enumerate(safe, start=1)]


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", shortened(name, _LONGEST_FILE)).strip("_") or "_"
