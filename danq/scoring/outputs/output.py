"""What a run writes: the protocol of all outputs, and what they know of the run."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danq.scoring.blocks.block import Block
from danq.scoring.plan import Plan
from danq.scoring.scorers.measures import Scores
from danq.scoring.verdict import Verdict
from danq.vcf.info import InfoField
from danq.vcf.record import Header
from danq.vcf.summary import Summary


@dataclass(frozen=True)
class Run:
    """What outputs say in addition to the blocks.

    `vcf` is the input's name, `origin` where scores come from (`danq.scoring.provenance`), and
    `fields` are the INFO fields of the scored VCF.
    """

    vcf: str
    header: Header
    plan: Plan
    origin: Mapping[str, Any]
    fields: Sequence[InfoField]
    verdict: Verdict | None = None


@dataclass(frozen=True)
class File:
    """A file that a run writes: its temporary path and its name.

    `pending` is closed when all outputs are finished; it takes what belongs to the file.
    """

    partial: Path
    final: Path
    pending: ExitStack


class Output:
    """Takes the blocks of a run in order, then the summary.

    `reads` are the names of the quantities that it needs: a run computes all, and keeps those that
    some output reads.
    """

    reads: frozenset[str] = frozenset()

    def write(self, block: Block, scores: Scores) -> None:
        """Take the next block."""

    def finish(self, summary: Summary) -> None:
        """Complete what is written; nothing more than to close it, unless an output says more."""
        self.close()

    def close(self) -> None:
        """Release what is open, whether the output was finished or not; called once or more."""
