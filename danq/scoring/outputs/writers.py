"""Everything that a run writes, opened together, fed block by block, finished together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danq.outputs import whole
from danq.scoring.blocks.block import Block, Consumer
from danq.scoring.blocks.summary import Summary
from danq.scoring.outputs.destinations import Destinations, StrPath
from danq.scoring.outputs.info_values import additions
from danq.scoring.outputs.plot import draw
from danq.scoring.outputs.plot_data import Peaks
from danq.scoring.outputs.table_formats import open_table
from danq.scoring.outputs.top_table import TopTable, write_page
from danq.scoring.provenance import note
from danq.scoring.scorers.quantities import Quantity, Scores
from danq.scoring.vcf.formats import Writer, open_writer
from danq.scoring.vcf.index import INDEXED, index_beside
from danq.scoring.vcf.info import InfoField
from danq.scoring.vcf.record import RecordReader
from danq.scoring.verdict import Verdict
from danq.write_errors import writing


@dataclass(frozen=True)
class Run:
    """What the outputs of a run say beside its blocks.

    Attributes
    ----------
    reader
        The input, for its header.
    origin
        Where the scores come from.
    quantities
        What is computed.
    columns
        Names of the columns of each kind, ``targets`` among them, as the model gives them.
    labels
        The targets' names, no two of them equal.
    fields
        INFO fields of the VCF.
    verdict
        What was found about the models; None where nobody said.
    """

    reader: RecordReader
    origin: Mapping[str, Any]
    quantities: Sequence[Quantity]
    columns: Mapping[str, Sequence[str]]
    labels: Sequence[str]
    fields: Sequence[InfoField]
    verdict: Verdict | None = None


class ScoredVcf:
    """Takes blocks and writes their records, with the INFO fields of their scores."""

    def __init__(self, writer: Writer, run: Run) -> None:
        self._writer = writer
        self._fields = run.fields
        self.reads = frozenset(name for field in run.fields for name in field.reads)

    def write(self, block: Block, scores: Scores) -> None:
        """Write the records of one block."""
        added = additions(self._fields, block, scores)
        self._writer.write(list(zip(block.records, added, strict=True)))


@dataclass(frozen=True)
class _File:
    """An open output: its temporary path, its name, what takes blocks, and what closes it."""

    partial: Path
    output: StrPath
    consumer: Consumer
    closing: ExitStack


class Writers:
    """The outputs of one run, under temporary names; `open_writers` makes it.

    Attributes
    ----------
    reads : frozenset of str
        The quantities that somebody needs.
    """

    def __init__(
        self, destinations: Destinations, run: Run, outputs: ExitStack, also: Sequence[Consumer]
    ) -> None:
        self._destinations, self._run, self._outputs = destinations, run, outputs
        self._also = list(also)
        self._vcf, self._table, self._counts, self._picture, self._page = (
            None if wanted is None else outputs.enter_context(whole(wanted))
            for wanted in (
                destinations.output,
                destinations.scores,
                destinations.summary,
                destinations.plot,
                destinations.top_table,
            )
        )
        self._files: list[_File] = []
        if self._vcf is not None and destinations.output is not None:
            with writing(self._vcf, destinations.output):
                self._writer = open_writer(self._vcf, run.reader, note(run.origin), run.fields)
                scored = ScoredVcf(self._writer, run)
                self._add(self._vcf, destinations.output, self._writer, scored)
        if self._table is not None and destinations.scores is not None:
            tabled = [quantity for quantity in run.quantities if quantity.is_tabled]
            with writing(self._table, destinations.scores):
                table = open_table(
                    self._table, columns=run.columns, quantities=tabled, origin=run.origin
                )
                self._add(self._table, destinations.scores, table, table)
        self._peaks = None if self._picture is None else Peaks()
        names = {quantity.name for quantity in run.quantities}
        self._top = None if self._page is None else TopTable(names, run.labels)
        self.reads = frozenset(name for consumer in self._consumers() for name in consumer.reads)

    def _add(
        self,
        partial: Path,
        output: StrPath,
        opened: AbstractContextManager[Any],
        consumer: Consumer,
    ) -> None:
        closing = ExitStack()
        closing.enter_context(opened)
        self._outputs.push(closing)
        self._files.append(_File(partial, output, consumer, closing))

    def _consumers(self) -> list[Consumer]:
        return [*(file.consumer for file in self._files), *self._in_memory()]

    def _in_memory(self) -> list[Consumer]:
        """List what remembers blocks until the end."""
        kept = (self._peaks, self._top, *self._also)
        return [consumer for consumer in kept if consumer is not None]

    def write(self, block: Block, scores: Scores) -> None:
        """Hand one block to everything that is written."""
        for file in self._files:
            with writing(file.partial, file.output):
                file.consumer.write(block, scores)
        for consumer in self._in_memory():
            consumer.write(block, scores)

    def finish(self, summary: Summary) -> None:
        """Close the files, and write what only the end tells."""
        for file in self._files:
            with writing(file.partial, file.output):
                file.closing.close()
        wanted = self._destinations
        if self._counts is not None and wanted.summary is not None:
            with writing(self._counts, wanted.summary):
                self._counts.write_text(summary.to_tsv(), encoding="utf-8")
        if self._peaks is not None and self._picture is not None and wanted.plot is not None:
            with writing(self._picture, wanted.plot):
                draw(self._picture, self._peaks, self._run.labels)
        if self._top is not None and self._page is not None and wanted.top_table is not None:
            with writing(self._page, wanted.top_table):
                write_page(
                    self._page,
                    self._top.table(),
                    vcf=self._run.reader.name,
                    origin=self._run.origin,
                    verdict=self._run.verdict,
                    summary=summary,
                )
        if self._vcf is not None and wanted.output is not None and self._vcf.suffix in INDEXED:
            order = self._writer.order
            index_beside(
                self._outputs,
                self._vcf,
                Path(wanted.output),
                is_sorted=order.is_sorted,
                end=order.last_position,
            )


@contextmanager
def open_writers(
    destinations: Destinations, run: Run, *, also: Sequence[Consumer] = ()
) -> Iterator[Writers]:
    """Open the outputs of a run; they appear when the block was left without an error.

    Parameters
    ----------
    destinations
        Where they go.
    run
        What they say.
    also
        What takes blocks beside them.
    """
    with ExitStack() as outputs:
        yield Writers(destinations, run, outputs, also)
