"""All files of contributions that a run writes: planned, opened, fed block by block, finished."""

import logging
import os
import resource
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from danq.errors import InputError, counted, quoted
from danq.interpretation.files.contribution_file import (
    OneHot,
    OpenContributions,
    open_contributions,
)
from danq.interpretation.files.contribution_writer import (
    CHUNK_BYTES,
    ContributionWriter,
    Stretches,
    write_regions,
)
from danq.interpretation.files.exports import write_hypothetical, write_one_hot, write_track
from danq.interpretation.maps import ExplainedOutput, Maps
from danq.names import LONGEST_NAME, check_utf8
from danq.outputs import check_ending, check_outputs, scratch_of, whole
from danq.paths import StrPath
from danq.targets.names import file_names
from danq.write_errors import writing

logger = logging.getLogger(__name__)

_WAITING_BYTES = 64 << 20
_OTHER_FILES = 256


@dataclass(frozen=True)
class ContributionPaths:
    """The files of a run; lists have one per output.

    Attributes
    ----------
    contributions
        HDF5 files: X.h5, or X.NAME.h5 where there are several outputs.
    regions
        Where their maps lie: X.interpreted_regions.bed beside each X.h5.
    one_hot
        PREFIX.ohe.npz, the bases for ``modisco motifs -s``; None without a prefix.
    arrays
        PREFIX.contributions.npz, or PREFIX.NAME.contributions.npz; without a prefix none.
    tracks
        NAME.bw in the folder for bigWig files; without one none.
    """

    contributions: Sequence[Path]
    regions: Sequence[Path]
    one_hot: Path | None
    arrays: Sequence[Path]
    tracks: Sequence[Path]

    @property
    def all(self) -> list[Path]:
        """All files."""
        one_hot = [] if self.one_hot is None else [self.one_hot]
        return [*self.contributions, *self.regions, *one_hot, *self.arrays, *self.tracks]

    def check(self, inputs: Iterable[object] = ()) -> None:
        """Make sure that all can be written and none is an input (`danq.outputs.check_outputs`)."""
        for track in self.tracks:
            check_utf8(track, "pybigtools")
        check_outputs(self.all, inputs=inputs)


def plan_files(
    output: StrPath,
    outputs: Sequence[ExplainedOutput],
    *,
    npz: StrPath | None = None,
    bigwig: StrPath | None = None,
) -> ContributionPaths:
    """Return the files of a run that explains some outputs.

    Names of outputs become parts of file names: letters other than A-Z, a-z, 0-9 and ``._+-``
    become ``_``, and where two names then agree, each has its index behind it.

    InputError when `output` does not end as HDF5 files do, or `npz` ends in a slash.
    """
    ending = check_ending(output, "contributions")
    stem = os.fspath(output).removesuffix(ending)
    names = file_names([one.name for one in outputs])
    parts = [f".{name}" for name in names] if len(names) > 1 else [""]
    if npz is not None and not os.path.basename(prefix := os.fspath(npz)):
        raise InputError("expected a prefix of file names", path=npz)
    return ContributionPaths(
        [Path(f"{stem}{part}{ending}") for part in parts],
        [Path(f"{stem}{part}.interpreted_regions.bed") for part in parts],
        None if npz is None else Path(f"{prefix}.ohe.npz"),
        [] if npz is None else [Path(f"{prefix}{part}.contributions.npz") for part in parts],
        [] if bigwig is None else [Path(bigwig) / f"{name}.bw" for name in names],
    )


class _File(NamedTuple):
    writer: ContributionWriter
    partial: Path
    final: Path


class ContributionFiles:
    """The open files of a run; `open_files` makes it."""

    def __init__(
        self, files: Sequence[_File], stretches: Stretches, contigs: Mapping[str, int]
    ) -> None:
        self._files, self._stretches, self._contigs = files, stretches, contigs

    def write(self, maps: Maps) -> None:
        """Append maps; InputError where a contribution is not a finite number."""
        for stretch in maps.stretches:
            if stretch.contig not in self._contigs:
                raise InputError(f"found a region on {quoted(stretch.contig)}, which has no length")
        self._stretches.append(maps.stretches)
        maps.check()
        one_hot: OneHot = (maps.codes[:, None] == np.arange(4)[:, None]).astype(np.int8)
        for place, file in enumerate(self._files):
            hypothetical = np.ascontiguousarray(maps.hypothetical[:, place].transpose(0, 2, 1))
            with writing(file.partial, file.final):
                file.writer.append(one_hot, hypothetical, maps.predicted[:, place])


@contextmanager
def open_files(
    paths: ContributionPaths,
    outputs: Sequence[ExplainedOutput],
    *,
    targets: Sequence[str],
    span: int,
    origin: Mapping[str, Any],
    contigs: Mapping[str, int],
) -> Iterator[ContributionFiles]:
    """Open the files of a run; they appear when the block was left without an error, or none does.

    Memory does not grow with the number of maps, except for the order of a track: about 1 kB for
    each map.

    Parameters
    ----------
    paths
        What `plan_files` returned for these outputs.
    outputs
        What is explained.
    targets
        The names of all targets of the network.
    span
        Bases of each map.
    origin
        What the files say of the run: ``method``, ``unit``, ``model``, ``model_checksum``,
        ``genome``, ``genome_checksum``, ``window``, and the method's options (numbers, truth values
        and text; those that are None are left out).
    contigs
        The lengths of the contigs that maps lie on.
    """
    _allow_open_files(len(outputs) + _OTHER_FILES)
    with ExitStack() as stack:
        files = [_open(stack, path, span, len(outputs)) for path in paths.contributions]
        scratch = scratch_of(files[0].partial)
        stretches = Stretches(
            stack.enter_context(open(scratch / "stretches", "w+", encoding="utf-8", newline="\n"))
        )
        yield ContributionFiles(files, stretches, contigs)
        if stretches.cut:
            cut = counted(stretches.cut, "name")
            logger.warning("cut %s of regions to %d letters", cut, LONGEST_NAME)
        for file, output in zip(files, outputs, strict=True):
            names = [targets[column] for column in output.columns]
            with writing(file.partial, file.final):
                file.writer.finish(stretches, output, names, origin)
        for place, file in enumerate(files):
            with open_contributions(file.partial) as contributions:
                _write_beside(stack, paths, place, contributions, stretches, contigs, scratch)


def _open(stack: ExitStack, path: Path, span: int, count: int) -> _File:
    """Open one of several contribution files."""
    partial = stack.enter_context(whole(path))
    waiting = max(1, min(CHUNK_BYTES, _WAITING_BYTES // count))
    with writing(partial, path):
        writer = ContributionWriter(partial, span, waiting=waiting)
    stack.callback(_close, writer)
    return _File(writer, partial, path)


def _close(writer: ContributionWriter) -> None:
    """Close a file that is finished, or will be removed."""
    with suppress(OSError):
        writer.close()


def _write_beside(
    stack: ExitStack,
    paths: ContributionPaths,
    place: int,
    contributions: OpenContributions,
    stretches: Stretches,
    contigs: Mapping[str, int],
    scratch: Path,
) -> None:
    """Write what is derived from the contribution file of one output."""

    @contextmanager
    def new(path: Path) -> Iterator[Path]:
        partial = stack.enter_context(whole(path))
        with writing(partial, path):
            yield partial

    with new(paths.regions[place]) as partial:
        write_regions(partial, stretches, contributions.predicted(), contigs)
    if paths.one_hot is not None and not place:
        with new(paths.one_hot) as partial:
            write_one_hot(partial, contributions)
    for path in paths.arrays[place : place + 1]:
        with new(path) as partial:
            write_hypothetical(partial, contributions)
    for path in paths.tracks[place : place + 1]:
        with new(path) as partial:
            write_track(partial, contributions, contigs, scratch)


def _allow_open_files(count: int) -> None:
    """Raise the number of files that this process may have open, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
