"""What is written in addition to contribution files: figures, and tables of motifs and sums."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from danq.errors import counted, quoted
from danq.genome.variants import Change
from danq.interpretation.figures.map_figures import write_figures
from danq.interpretation.maps import Maps, Stretch
from danq.interpretation.methods.completeness import Completeness
from danq.interpretation.motifs.alignment import pair
from danq.interpretation.motifs.changes import MotifChange, motif_changes
from danq.interpretation.motifs.scan import MotifScan
from danq.interpretation.motifs.shares import COLUMNS, rows
from danq.interpretation.windows import Block
from danq.models.motifs.files import read_motifs
from danq.outputs import check_ending, together, whole
from danq.paths import StrPath
from danq.write_errors import writing

logger = logging.getLogger(__name__)

_SUMS = ("target", "predicted", "difference", "sum", "error")
_VARIANT = ("name", "contig", "pos", "ref", "alt")


Taker = Callable[[Block, Maps, Completeness | None], None]


@dataclass(frozen=True)
class Beside:
    """The figures and tables of a run, where it has them.

    `table` is X.motifs.tsv for an output X.h5, `sums` X.completeness.tsv, `figures` a folder.
    `unit` is that of the maps.
    """

    motifs: MotifScan | None = None
    table: Path | None = None
    sums: Path | None = None
    figures: StrPath | None = None
    unit: str = "logit"

    @property
    def paths(self) -> list[Path]:
        """The tables."""
        return [path for path in (self.table, self.sums) if path is not None]

    @contextmanager
    def opened(self) -> Iterator[list[Taker]]:
        """Open what is written; it appears when the block was left without an error."""
        with ExitStack() as stack:
            table = _open_table(stack, self.table, [*_VARIANT, *COLUMNS])
            sums = _open_table(stack, self.sums, [*Stretch._fields, *_SUMS])
            folder = None
            if self.figures is not None:
                folder = stack.enter_context(together(self.figures, "figures"))
            takers: list[Taker] = []
            if table or folder:
                takers.append(self._taker(table, folder))
            if sums is not None:
                takers.append(partial(_write_sums, sums))
            yield takers

    def _taker(self, table: TextIO | None, folder: Path | None) -> Taker:
        def take(block: Block, maps: Maps, _: Completeness | None) -> None:
            motifs = self._motifs(block)
            if table is not None:
                _write_rows(table, maps, block.changes, motifs)
            if folder is not None:
                first = 1 + block.first // (2 if block.changes else 1)
                write_figures(
                    folder,
                    maps,
                    unit=self.unit,
                    changes=block.changes,
                    motifs=motifs,
                    first=first,
                )

        return take

    def _motifs(self, block: Block) -> list[list[MotifChange]]:
        """Find what each variant of a block makes or breaks, in its whole window."""
        if self.motifs is None:
            return []
        at = (block.codes.shape[1] - 1) // 2
        ref, alt = block.codes[::2], block.codes[1::2]
        return motif_changes(self.motifs, block.changes, ref, alt, at=at)


def _open_table(stack: ExitStack, path: Path | None, columns: Sequence[str]) -> TextIO | None:
    """Open a table, within a stack, and write its header."""
    if path is None:
        return None
    new = stack.enter_context(whole(path))
    stack.enter_context(writing(new, path))
    table: TextIO = stack.enter_context(new.open("w", encoding="utf-8", newline="\n"))
    table.write("\t".join(columns) + "\n")
    return table


def _write_sums(table: TextIO, _: Block, maps: Maps, completeness: Completeness | None) -> None:
    """Write a row for every window and output."""
    assert completeness is not None
    errors = completeness.relative_error
    for row, stretch in enumerate(maps.stretches):
        place = [str(value) for value in stretch]
        for column, output in enumerate(maps.outputs):
            values = (
                maps.predicted[row, column],
                completeness.difference[row, column],
                completeness.total[row, column],
                errors[row, column],
            )
            words = [*place, output.name, *(f"{value:.6g}" for value in values)]
            table.write("\t".join(words) + "\n")


def table_path(output: StrPath, name: str) -> Path:
    """Name a table of a run that writes contributions to `output`: X.NAME.tsv for X.h5."""
    stem = os.fspath(output).removesuffix(check_ending(output, "contributions"))
    return Path(f"{stem}.{name}.tsv")


def read_scan(motifs: StrPath | None) -> MotifScan | None:
    """Read a motif file, and log which of its motifs are too short to count."""
    if motifs is None:
        return None
    scan = MotifScan(read_motifs(motifs))
    if scan.never_count:
        logger.info(
            "%s: %s of %d say too little to count anywhere, such as %s",
            motifs,
            counted(len(scan.never_count), "motif"),
            len(scan.names),
            quoted(scan.never_count[0]),
        )
    return scan


def _write_rows(
    table: TextIO,
    maps: Maps,
    changes: Sequence[Change],
    motifs: Sequence[Sequence[MotifChange]],
) -> None:
    """Write a row for every variant, motif and output."""
    pairs = pair(maps, changes)
    for each, of_variant in zip(pairs, rows(maps, pairs, motifs), strict=True):
        change = each.change
        name = maps.stretches[each.ref].name
        variant = (name, change.contig, str(change.start + 1), change.ref, change.alt)
        for row in of_variant:
            table.write("\t".join([*variant, *row]) + "\n")
