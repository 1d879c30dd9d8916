"""The scored VCF: the input's records, with the INFO fields of their scores."""

from collections.abc import Sequence

from danq.genome.variants import Reason
from danq.outputs import check_ending
from danq.scoring.blocks.block import Block
from danq.scoring.outputs.output import File, Output, Run
from danq.scoring.scorers.measures import Scores
from danq.vcf.formats import WRITERS
from danq.vcf.index import INDEXED, index_beside
from danq.vcf.info import REASON, Addition, InfoField, note
from danq.vcf.summary import Summary


class ScoredVcf(Output):
    """Writes records, and an index of a compressed file in the end."""

    def __init__(self, file: File, run: Run) -> None:
        self._file, self._fields = file, run.fields
        writer = WRITERS[check_ending(file.final, "output", WRITERS)]
        self._writer = writer(file.partial, run.header, note(run.origin), run.fields)
        self.reads = frozenset(name for field in run.fields for name in field.reads)

    def write(self, block: Block, scores: Scores) -> None:
        """Write the records of one block."""
        added = additions(self._fields, block, scores)
        self._writer.write(list(zip(block.records, added, strict=True)))

    def finish(self, summary: Summary) -> None:
        """Complete the file, and index it."""
        self._writer.finish()
        if self._file.partial.suffix in INDEXED:
            order = self._writer.order
            index_beside(
                self._file.pending,
                self._file.partial,
                self._file.final,
                is_sorted=order.is_sorted,
                end=order.last_position,
            )

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


def additions(fields: Sequence[InfoField], block: Block, scores: Scores) -> list[Addition]:
    """Return what each record of a block grows by.

    A field of values is there when an ALT is scored, that of reasons when one is not.
    """
    columns = [(field, iter(field.values(scores))) for field in fields if field.values is not None]
    result: list[Addition] = []
    for outcomes in block.outcomes:
        is_missing = [isinstance(outcome, Reason) for outcome in outcomes]
        added: list[tuple[InfoField, list[str]]] = []
        if not all(is_missing):
            for field, values in columns:
                added.append((field, ["." if missing else next(values) for missing in is_missing]))
        if any(is_missing):
            reasons = [str(o) if isinstance(o, Reason) else "." for o in outcomes]
            added.append((REASON, reasons))
        result.append(added)
    return result
