"""Blocks through the network: the next ones are read while one is predicted and one is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from danq.genome.reference import Reference
from danq.scoring.blocks.block import Block
from danq.scoring.blocks.pieces import BlockSource
from danq.scoring.blocks.preparing import prepared
from danq.scoring.plan import Plan
from danq.scoring.scorers.effects import AlleleWindows
from danq.scoring.scorers.ensemble import Comparison
from danq.scoring.scorers.quantities import Scores
from danq.threads import Behind, ahead


@dataclass(frozen=True)
class Pipeline:
    """Reads ahead, predicts, and writes behind, a thread each.

    Attributes
    ----------
    plan
        What is computed.
    reference
        The genome.
    progress
        Whether to show a bar.
    total
        The number of records, for the bar, where it is known.
    """

    plan: Plan
    reference: Reference
    progress: bool
    total: int | None = None

    def run(
        self,
        blocks: Iterable[Block],
        source: BlockSource,
        reads: frozenset[str],
        write: Callable[[Block, Scores], None] | None = None,
    ) -> None:
        """Score the blocks that `source` does not have, keep them there, and write all.

        Parameters
        ----------
        blocks
            In order.
        source
            Has finished blocks, and keeps others.
        reads
            The quantities to keep.
        write
            Takes every block with its scores, if there is something to write.
        """
        ensemble, measures = self.plan.ensemble, self.plan.measures

        def finished(block: Block) -> Scores | None:
            return source.load(block, reads)

        def finish(block: Block, comparison: Comparison) -> None:
            scores = measures.of(comparison.scores())
            source.save(block, scores, reads)
            if write is not None:
                write(block, scores)

        blocks_ahead = prepared(blocks, self.reference, ensemble.window, finished)
        shown: dict[str, Any] = {"total": self.total, "unit": " records", "unit_scale": True}
        hidden = None if self.progress else True
        with tqdm(disable=hidden, **shown) as bar, Behind() as behind:
            for ready in ahead(blocks_ahead, watch=behind.check):
                if isinstance(ready.content, AlleleWindows):
                    comparison = ensemble.predict(ready.content, behind.call)
                    behind.call(finish, ready.block, comparison)
                elif write is not None:
                    behind.call(write, ready.block, ready.content)
                bar.update(len(ready.block.records))
