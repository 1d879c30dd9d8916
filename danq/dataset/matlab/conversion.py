"""From DeepSEA's MATLAB files to a data set file, and back (`danq convert`)."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from tqdm import tqdm

from danq.dataset.matlab.deepsea_mat import MatSet, UnpairedError, open_mat
from danq.dataset.matlab.mat_writing import write_mat
from danq.dataset.splits import SPLITS
from danq.dataset.store import Dataset
from danq.dataset.writing import Block, write_codes
from danq.errors import InputError
from danq.genome import Reference
from danq.outputs import check_output, check_outputs, scratch_of, together, whole
from danq.paths import StrPath
from danq.progress import bar
from danq.ranges import checked
from danq.targets.groups import check_group
from danq.targets.published import number_targets, published_targets
from danq.targets.table import Targets
from danq.write_errors import writing

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConvertSummary:
    """What `convert` found and what it kept.

    Attributes
    ----------
    rows
        Rows in the files, by split.
    windows
        Windows kept of them: half, where the second half are the other strands of the first.
    targets
        Labels of each window.
    """

    rows: dict[str, int]
    windows: dict[str, int]
    targets: int

    def table(self) -> str:
        """Lay the counts out as lines of text."""
        lines = [f"{'split':<8}{'rows':>12}{'windows':>12}"]
        for split, rows in self.rows.items():
            kept = self.windows[split]
            note = "  each with its other strand, kept once" if kept < rows else ""
            lines.append(f"{split:<8}{rows:>12,}{kept:>12,}{note}")
        return "\n".join(lines)


@checked
def convert(
    files: Sequence[StrPath],
    output: StrPath,
    *,
    targets: Targets | None = None,
    progress: bool | None = None,
) -> ConvertSummary:
    """Make a data set file of DeepSEA's ``train.mat``, ``valid.mat`` and ``test.mat``.

    The files are read in blocks: memory does not grow with them, except for about 1.1 bytes a base
    of a file of version 5, of which MATLAB allows a gigabyte.

    Parameters
    ----------
    files
        MATLAB files with the arrays of DeepSEA's (`danq.dataset.matlab.deepsea_mat`), each split
        once; which it is tell the names of the arrays.
    output
        The HDF5 file to write.
    targets
        What the label columns stand for; by default DeepSEA's names where there are 919, and
        numbers otherwise.
    progress
        Whether to show a progress bar; None shows one on a terminal only.

    Raises
    ------
    InputError
        When a file cannot be read or does not fit the others.
    """
    if not files:
        raise InputError("no MATLAB file is given, expected at least one")
    check_output(output, inputs=files)
    with whole(output) as partial, ExitStack() as stack:
        scratch = scratch_of(partial)
        found = [part for path in files for part in open_mat(path, scratch=scratch)]
        for part in found:
            stack.enter_context(closing(part))
        found.sort(key=lambda part: SPLITS.index(part.split))
        _check_alike(found)
        once = {part.split: part.begins_in_pairs() for part in found}
        while True:
            try:
                summary = _write(found, once, partial, targets, progress)
                break
            except UnpairedError as error:
                # Rare enough to begin again: then the rows all count.
                once[str(error)] = False
        for part in found:
            if not once[part.split] and part.has_both_strands():
                logger.warning(
                    "%s: the second half of its rows are the other strands of the first, but not "
                    "all with the same labels or to the end: every row is kept",
                    part.path,
                )
        return summary


def _write(
    found: list[MatSet],
    once: dict[str, bool],
    output: Path,
    targets: Targets | None,
    progress: bool | None,
) -> ConvertSummary:
    windows = {part.split: part.rows // 2 if once[part.split] else part.rows for part in found}
    with bar(progress=progress, total=sum(windows.values()), unit=" windows") as shown:
        write_codes(
            output,
            targets=_targets(targets, found[0].targets),
            window=found[0].window,
            split=np.concatenate(
                [np.full(n, SPLITS.index(split), np.uint8) for split, n in windows.items()]
            ),
            blocks=_blocks(found, once, shown),
            sources=list(dict.fromkeys(part.path for part in found)),
        )
    rows = {part.split: part.rows for part in found}
    return ConvertSummary(rows, windows, found[0].targets)


def _blocks(found: list[MatSet], once: dict[str, bool], shown: tqdm) -> Iterator[Block]:
    for part in found:
        for block in part.blocks(once=once[part.split]):
            yield block
            shown.update(len(block[0]))


def _check_alike(found: list[MatSet]) -> None:
    first = found[0]
    for before, part in pairwise(found):
        if part.split == before.split:
            raise InputError(
                f"holds windows of the split {part.split}, {before.path} does as well",
                path=part.path,
            )
        if (part.window, part.targets) != (first.window, first.targets):
            raise InputError(
                f"holds windows of {part.window} bases and {part.targets} targets, {first.path} "
                f"those of {first.window} and {first.targets}",
                path=part.path,
            )


def _targets(given: Targets | None, count: int) -> Targets:
    """Name the label columns."""
    if given is not None:
        if len(given) != count:
            raise InputError(f"found names of {len(given)} targets, the files have {count} of them")
        for group in given.groups:
            check_group(group)
        return given
    published = published_targets("deepsea", count)
    if published is None:
        logger.warning("the files name no targets: they are called target_1 to target_%d", count)
    return Targets(*(published or number_targets(count)))


def to_mat(
    dataset: StrPath,
    folder: StrPath,
    *,
    genome: StrPath | Reference | None = None,
    progress: bool | None = None,
) -> dict[str, Path]:
    """Write a data set as DeepSEA's files: ``train.mat``, ``valid.mat`` and ``test.mat``.

    Each holds its windows in order and then their reverse complements in the same order;
    ``train.mat`` is of MATLAB version 7.3, the others are of version 5 unless they are too large
    for it, which is reported.

    Parameters
    ----------
    dataset
        Data set file of `danq windows` or `danq convert`.
    folder
        Folder for the files; made where it is missing.
    genome
        The reference or where it lies now, when it has moved.
    progress
        Whether to show progress bars; None shows them on a terminal only.

    Returns
    -------
    dict of str to pathlib.Path
        The file of each split that has windows.

    Raises
    ------
    InputError
        When the data set cannot be read or the folder not be written to.
    """
    with Dataset.open(dataset, genome=genome) as data:
        rows = {split: data.rows(split) for split in SPLITS}
        files = {
            split: Path(folder) / f"{split}.mat" for split, places in rows.items() if places.size
        }
        reference = data.reference.path if data.has_coordinates else None
        check_outputs(files.values(), inputs=[dataset, genome, reference])
        with together(folder, "matlab") as partial:
            for split, path in files.items():
                file = partial / path.name
                with writing(file, path):
                    write_mat(file, data, rows[split], name=split, progress=progress)
    return files
