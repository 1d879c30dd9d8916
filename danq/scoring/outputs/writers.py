"""All outputs of a run: opened together, fed block by block, finished together."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import NamedTuple

from danq.outputs import (
    HDF5_ENDINGS,
    check_distinct,
    check_ending,
    check_outputs,
    whole,
)
from danq.paths import StrPath
from danq.plotting import FIGURE_SUFFIXES
from danq.scoring.blocks.block import Block
from danq.scoring.outputs.counts import Counts
from danq.scoring.outputs.hdf5_table import ScoreFile
from danq.scoring.outputs.output import File, Output, Run
from danq.scoring.outputs.parquet_table import ParquetTable
from danq.scoring.outputs.plot import Plot
from danq.scoring.outputs.scored_vcf import ScoredVcf
from danq.scoring.outputs.top_table import TopTable
from danq.scoring.outputs.tsv_table import TextTable
from danq.scoring.scorers.measures import Scores
from danq.vcf.formats import WRITERS
from danq.vcf.summary import Summary
from danq.write_errors import writing

TABLES: dict[str, Callable[[Path, Run], Output]] = {
    **dict.fromkeys(HDF5_ENDINGS, ScoreFile),
    ".parquet": ParquetTable,
    ".tsv.gz": TextTable,
}
"""The formats of tables, by the ending of a file's name."""


class Kind(NamedTuple):
    """A kind of file that a run may write: how its name ends, and what opens it."""

    endings: Collection[str]
    opened: Callable[[File, Run], Output]


def _open_table(file: File, run: Run) -> Output:
    return TABLES[check_ending(file.final, "scores", TABLES)](file.partial, run)


FILES = {
    "scores": Kind(TABLES, _open_table),
    "summary": Kind([".tsv"], Counts),
    "plot": Kind([f".{suffix}" for suffix in FIGURE_SUFFIXES], Plot),
    "top_table": Kind([".html"], TopTable),
    # Finished last: its index takes the place of an earlier one.
    "output": Kind(WRITERS, ScoredVcf),
}
"""The one list of them, by the names of their options."""

_BESIDE = (".tbi", ".csi", ".parts")
"""Behind the name of the scored VCF: its index, and the folder of its finished blocks."""


def check_files(files: Mapping[str, StrPath], inputs: Iterable[object]) -> None:
    """Refuse formats that are not written here, and files that overwrite each other or inputs."""
    for kind, path in files.items():
        check_ending(path, kind.replace("_", " "), FILES[kind].endings)
    beside = [f"{os.fspath(files['output'])}{e}" for e in _BESIDE if "output" in files]
    check_distinct([*files.values(), *beside], inputs=inputs)
    check_outputs(files.values())


class Outputs(Output):
    """The outputs of one run as one; `open_outputs` makes it."""

    def __init__(self, outputs: Sequence[tuple[Output, File | None]]) -> None:
        self._outputs = outputs
        self.reads = frozenset(name for output, _ in outputs for name in output.reads)

    def write(self, block: Block, scores: Scores) -> None:
        """Hand one block to all."""
        for output, file in self._outputs:
            with _named(file):
                output.write(block, scores)

    def finish(self, summary: Summary) -> None:
        """Complete all."""
        for output, file in self._outputs:
            with _named(file):
                output.finish(summary)


@contextmanager
def open_outputs(
    files: Mapping[str, StrPath], run: Run, *, also: Sequence[Output] = ()
) -> Iterator[Outputs]:
    """Open the outputs of a run; files appear when the block was left without an error.

    Files go by the keys of `FILES`; `also` are outputs besides.
    """
    with ExitStack() as stack:
        outputs: list[tuple[Output, File | None]] = [(output, None) for output in also]
        for kind in FILES:
            if kind in files:
                path = Path(files[kind])
                file = File(stack.enter_context(whole(path)), path, stack)
                with _named(file):
                    output = FILES[kind].opened(file, run)
                stack.callback(_close, output)
                outputs.append((output, file))
        yield Outputs(outputs)


def _named(file: File | None) -> AbstractContextManager[None]:
    return nullcontext() if file is None else writing(file.partial, file.final)


def _close(output: Output) -> None:
    """Close an output that is finished, or will be removed."""
    with suppress(OSError):
        output.close()
