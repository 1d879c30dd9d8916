"""What is written in addition to contribution files: figures, and tables of motifs and sums."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from danq.errors import counted, quoted
from danq.genome.variants import Change
from danq.interpretation.figures.map_figures import write_figures
from danq.interpretation.maps import Maps
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

_VARIANT = ("name", "contig", "pos", "ref", "alt")


@dataclass(frozen=True)
class Beside:
    """The figures and the table of motifs of a run, where it has them.

    `table` is X.motifs.tsv for an output X.h5, `figures` a folder. `unit` is that of the maps.
    """

    motifs: MotifScan | None = None
    table: Path | None = None
    figures: StrPath | None = None
    unit: str = "logit"

    @contextmanager
    def opened(self) -> Iterator[list[Callable[[Block, Maps], None]]]:
        """Open what is written; it appears when the block was left without an error."""
        with ExitStack() as stack:
            table = folder = None
            if self.table is not None:
                partial = stack.enter_context(whole(self.table))
                stack.enter_context(writing(partial, self.table))
                table = stack.enter_context(open(partial, "w", encoding="utf-8", newline="\n"))
                table.write("\t".join([*_VARIANT, *COLUMNS]) + "\n")
            if self.figures is not None:
                folder = stack.enter_context(together(self.figures, "figures"))
            yield [self._taker(table, folder)] if table or folder else []

    def _taker(self, table: TextIO | None, folder: Path | None) -> Callable[[Block, Maps], None]:
        def take(block: Block, maps: Maps) -> None:
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


def motif_table(output: StrPath, motifs: StrPath | None) -> Path | None:
    """Name the table of motifs of a run that writes contributions to `output`, if it has one."""
    stem = os.fspath(output).removesuffix(check_ending(output, "contributions"))
    return None if motifs is None else Path(f"{stem}.motifs.tsv")


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
