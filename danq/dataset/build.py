"""From a reference and peak files to a data set of labelled windows (`danq windows`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from danq.dataset.labels import Grid
from danq.dataset.overlaps import Labels, read_overlaps
from danq.dataset.selection import Chooser, Selection
from danq.dataset.splits import SPLITS
from danq.dataset.targets import Targets, read_targets
from danq.dataset.writing import Geometry, write_dataset
from danq.errors import InputError
from danq.genome import Reference, parse_region
from danq.outputs import check_output


@dataclass(frozen=True)
class WindowsSummary:
    """What `windows` kept and what it left out.

    Attributes
    ----------
    windows
        Windows in each split.
    positives
        int64 (targets,) in each split: positive windows of each target.
    targets
        What the counts of `positives` stand for.
    dropped
        Windows left out, by cause.
    """

    windows: dict[str, int]
    positives: dict[str, npt.NDArray[np.int64]]
    targets: Targets
    dropped: dict[str, int]

    def table(self) -> str:
        """Lay the counts out as lines of text: splits first, then what was left out."""
        lines = [f"{'split':<8}{'windows':>12}{'positives':>12}{'targets with none':>20}"]
        for split, count in self.windows.items():
            positives = self.positives[split]
            none = np.count_nonzero(positives == 0)
            lines.append(f"{split:<8}{count:>12,}{positives.sum():>12,}{none:>20,}")
        lines += [f"left out: {count:,} {cause}" for cause, count in self.dropped.items()]
        return "\n".join(lines)


def windows(
    genome: str | os.PathLike[str],
    targets: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    window: int = 1000,
    bin: int = 200,
    min_overlap: float = 0.5,
    valid: Sequence[str] = (),
    test: Sequence[str] = (),
    selection: Selection | None = None,
    progress: bool | None = False,
) -> WindowsSummary:
    """Make a data set file: windows centred on bins, labelled by the peaks that cover the bins.

    A target is 1 where strictly more than `min_overlap` of the bin lies under the union of its
    peaks (Zhou & Troyanskaya 2015, Methods).

    Parameters
    ----------
    genome
        FASTA file.
    targets
        Table with the columns name, path and group (`danq.dataset.targets.read_targets`).
    output
        The HDF5 file to write.
    window, bin
        Bases; the bin is centred in the window, so that they must differ by an even number.
    min_overlap
        Share of the bin, 0 ≤ min_overlap < 1.
    valid, test
        Regions (``contig`` or ``contig:start-end``, 1-based inclusive) of the held-out splits.
    selection
        Which bins become windows; by default those which any peak touches.
    progress
        Whether to show a progress bar; None shows one on a terminal only.

    Raises
    ------
    InputError
        When an argument or a file is wrong, or no training window is left.
    """
    selection = selection or Selection()
    _check_geometry(window, bin, min_overlap)
    table, paths = read_targets(targets)
    check_output(output, inputs=[genome, targets, selection.exclude, *paths])
    reference = Reference(genome)
    grid = Grid(reference, bin)
    overlaps = read_overlaps(paths, grid, min_overlap=min_overlap, progress=progress)
    held_out = {
        "valid": [parse_region(text) for text in valid],
        "test": [parse_region(text) for text in test],
    }
    chooser = Chooser(grid, window, selection, held_out)
    bins, split = chooser.choose(overlaps, table)
    labels = Labels(bins, split, overlaps)
    contig, bin_start = grid.place(bins)
    write_dataset(
        output,
        reference=reference,
        geometry=Geometry(window, bin, min_overlap),
        targets=table,
        contig=contig,
        start=bin_start - (window - bin) // 2,
        split=split,
        labels=labels.blocks(),
    )
    counts = {name: int(np.count_nonzero(split == code)) for code, name in enumerate(SPLITS)}
    positives = dict(zip(SPLITS, labels.positives, strict=True))
    return WindowsSummary(counts, positives, table, chooser.dropped)


def _check_geometry(window: int, bin: int, min_overlap: float) -> None:
    if bin < 1 or window < bin or (window - bin) % 2:
        raise InputError(
            f"found window {window} and bin {bin}, expected 1 <= bin <= window "
            "that differ by an even number"
        )
    if not 0 <= min_overlap < 1:
        raise InputError(f"found min_overlap {min_overlap}, expected 0 <= min_overlap < 1")
