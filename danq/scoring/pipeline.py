"""Blocks through the network: the next ones are read while one is predicted and one is written."""

from collections.abc import Callable, Iterable

from tqdm import tqdm

from danq.genome.reference import Reference
from danq.progress import bar
from danq.resuming import BlockSource
from danq.scoring.blocks.block import Block
from danq.scoring.outputs.output import Output
from danq.scoring.plan import Plan
from danq.scoring.scorers.effects import AlleleWindows, cut
from danq.scoring.scorers.ensemble import Comparison
from danq.scoring.scorers.measures import Scores
from danq.threads import Behind, ahead


def progress_bar(
    progress: bool | None, unit: str, count: Callable[[], int | None] = lambda: None
) -> tqdm:
    """Return a bar for a ``with`` statement; where it is shown, `count` is called for its total."""
    shown = bar(progress=progress, unit=unit, unit_scale=True)
    if not shown.disable:
        shown.total = count()
    return shown


def score_blocks(
    plan: Plan,
    reference: Reference,
    blocks: Iterable[Block],
    source: BlockSource,
    *,
    output: Output,
    shown: tqdm,
) -> None:
    """Score the blocks that `source` does not have, keep them there, and write all.

    It reads ahead, predicts, and writes behind, a thread each.
    """
    ensemble, reads = plan.ensemble, output.reads

    def prepare(block: Block) -> tuple[Block, AlleleWindows | Scores]:
        scores = source.load(block, reads)
        if scores is not None:
            return block, scores
        return block, cut(reference, block.changes, ensemble.window)

    def finish(block: Block, comparison: Comparison) -> None:
        scores = plan.measures.of(comparison.scores())
        source.save(block, scores, reads)
        output.write(block, scores)

    with Behind() as behind:
        for block, content in ahead(map(prepare, blocks), watch=behind.check):
            if isinstance(content, AlleleWindows):
                behind.call(finish, block, ensemble.predict(content, behind.call))
            else:
                behind.call(output.write, block, content)
            shown.update(len(block.records))
