"""`danq import`: a published file to a model file."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from danq.errors import InputError, counted
from danq.models import files
from danq.models.published import theano, torch_layouts
from danq.models.published.backward import READINGS
from danq.models.published.build import PUBLISHED_WINDOWS, build, choose_window
from danq.models.published.download import Digests, digests, download
from danq.models.published.pytorch import check_pytorch
from danq.models.published.sources import KINDS, SOURCES
from danq.models.published.weights import Weights
from danq.outputs import check_ending, check_output
from danq.paths import StrPath
from danq.ranges import checked
from danq.targets.published import Names, number_targets, published_targets, read_names

logger = logging.getLogger(__name__)

Check = Callable[[int, Sequence[str], StrPath], None]


@checked
def import_model(
    kind: str,
    output: StrPath,
    *,
    file: StrPath | None = None,
    fetch: bool = False,
    targets: StrPath | None = None,
    backward: str = "reversed",
    window: int | None = None,
    check: Check | None = None,
) -> None:
    """Turn released weights into a model file, which everything else in danq reads.

    Parameters
    ----------
    kind
        ``danq`` or ``danq-jaspar`` (HDF5 of Keras 0.2), ``deepsea``, ``deepsea-variant-effects``
        or ``beluga`` (PyTorch state dicts of Kipoi), ``selene-deepsea`` (PyTorch).
    output
        The `.keras` file to write.
    file
        The weights; with `fetch`, where to keep what was fetched.
    fetch
        Fetch the published file of this kind and check it. Without `file` it is removed again
        after it was imported.
    targets
        Names of the outputs, see `danq.models.published.read_names`; by default the published
        ones, or ``target_1``, … where there are none.
    backward
        How DanQ's backward half reads: ``reversed``, as in the paper's text, or ``forward``, as
        the public seya library of that time would have it.
    window
        Bases in the input, where the published length is not meant; it must fit the file.
    check
        Called with the window, the names and the file's path or address, to refuse what the
        caller cannot use: before a published file is fetched, as far as it is known by then, and
        before the network is built.

    Raises
    ------
    InputError
        When nothing or too much is asked for, the file cannot be fetched or read, it holds
        another network than `kind`, or the names do not fit.
    """
    _check_request(kind, file, fetch, backward)
    check_ending(output, "model")
    if kind in torch_layouts.LAYOUTS:
        check_pytorch()
    check_output(output, inputs=[file, targets])
    given = None if targets is None else read_names(targets)
    if fetch and check is not None:
        _check_published(kind, given, window, check)
    with _found(kind, file, fetch, output) as (path, hashes):
        if kind in theano.LAYOUTS:
            weights = theano.read_theano(path, kind, backward=backward)
        else:
            weights = torch_layouts.read_torch(path, kind)
        length = choose_window(weights, window, path=path)
        if given is not None and len(given[0]) != weights.outputs:
            raise InputError(
                f"found {len(given[0])} names, the network has {weights.outputs} outputs",
                path=targets,
            )
        names, groups = given or _names(kind, weights.outputs)
        if check is not None:
            check(length, names, path)
        name = SOURCES[kind].file if fetch else path.name
        _tell(kind, name, hashes, weights, length)
        files.save(
            build(weights, length),
            output,
            targets=names,
            groups=groups,
            unknown=weights.unknown,
            training=_record(kind, name, hashes, weights),
        )


def _check_request(kind: str, file: StrPath | None, fetch: bool, backward: str) -> None:
    if kind not in KINDS or kind == "keras":
        known = ", ".join(name for name in KINDS if name != "keras")
        raise InputError(f'found kind "{kind}", expected one of {known}')
    if backward not in READINGS:
        raise InputError(f'found reading "{backward}", expected {" or ".join(READINGS)}')
    if not fetch and file is None:
        raise InputError("no file is given and none is to be downloaded, expected one of the two")
    if fetch and kind not in SOURCES:
        raise InputError(f'no published file of "{kind}" is known, expected a file of yours')
    if fetch and file is not None and Path(file).exists():
        raise InputError("exists already; import it without downloading", path=file)


@contextmanager
def _found(
    kind: str, file: StrPath | None, fetch: bool, output: StrPath
) -> Iterator[tuple[Path, Digests]]:
    """Yield the file of weights, fetched where that is asked for, and its checksums."""
    if not fetch:
        assert file is not None
        yield Path(file), digests(file)
        return
    source = SOURCES[kind]
    path = Path(output).parent / f".{os.getpid()}-{source.file}" if file is None else Path(file)
    try:
        yield path, download(source, path)
    except InputError as error:
        if file is not None or error.path != path:
            raise
        # The file is gone again, and its name meant nothing to the user.
        reason = str(error).removeprefix(f"{path}: ")
        raise InputError(reason, path=source.address) from error
    finally:
        if file is None:
            path.unlink(missing_ok=True)


def _check_published(kind: str, given: Names | None, window: int | None, check: Check) -> None:
    """Call the caller's check of a published file before it is downloaded."""
    names = given or published_targets(kind)
    if names is not None:
        layout = torch_layouts.LAYOUTS.get(kind) or theano.LAYOUTS[kind]
        length = PUBLISHED_WINDOWS[layout.network] if window is None else window
        check(length, names[0], SOURCES[kind].address)


def _names(kind: str, outputs: int) -> tuple[list[str], list[str]]:
    published = published_targets(kind, outputs)
    if published is None:
        logger.warning(
            "no names are known for the %d targets, which are called target_1 to target_%d; "
            "--targets gives them names",
            outputs,
            outputs,
        )
    return published or number_targets(outputs)


def _tell(kind: str, name: str, hashes: Digests, weights: Weights, window: int) -> None:
    source = SOURCES.get(kind)
    if source is not None and source.md5 is not None:
        same = "that of" if hashes.md5 == source.md5 else "not that of"
        logger.info("%s: MD5 %s, %s the published %s", name, hashes.md5, same, source.file)
    logger.info(
        "%s; windows of %d bases (%d to %d fit the weights)",
        counted(weights.outputs, "target"),
        window,
        weights.windows[0],
        weights.windows[-1],
    )
    if "backward" in weights.options:
        other = next(name for name in READINGS if name != weights.options["backward"])
        logger.info(
            "the backward half of the recurrence is read %s; whether the authors' program did so "
            "is not known: --verify holds it against the other reading, --backward %s takes that",
            weights.options["backward"],
            other,
        )


def _record(kind: str, name: str, hashes: Digests, weights: Weights) -> dict[str, Any]:
    """Record where a model file comes from; `model` and `width` are what --init asks for."""
    return {
        "model": weights.network.replace("_", "-"),
        "width": weights.width,
        "imported": {"kind": kind, "file": name, **asdict(hashes), **weights.options},
    }
