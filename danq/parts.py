"""Finished blocks, each a file of its own, so that a run can stop and continue, or be shared out.

A folder holds ``run.json``, what all its blocks were computed with, and one NumPy archive per
block: the arrays that the outputs read, and a digest of them and of the input that they belong to.
A block is taken from there only as it was written, and for the same input. Where blocks begin must
depend on the input alone, and each must be computed apart from the others: then it has the same
numbers whichever run computed it. One run at a time has the folder.
"""

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.npz import read_npz
from danq.outputs import whole
from danq.write_errors import writing

logger = logging.getLogger(__name__)

Arrays = Mapping[str, npt.NDArray[Any]]

FORMAT = 1
SUFFIX = ".parts"
"""Behind the name of the output that the blocks are for, which errors of writing name."""
_RUN = "run.json"
_DIGEST = "records"


class Block(Protocol):
    """A part of a run's input: its index, what its numbers depend on, and words for it."""

    @property
    def number(self) -> int:
        """The block's index in the run, from 0."""

    @property
    def key(self) -> bytes:
        """The input, spelled out: blocks of equal keys have equal numbers."""

    @property
    def title(self) -> str:
        """What it covers, in the plural, such as ``records 17 to 32 of the VCF``."""


class Parts:
    """A folder of finished blocks.

    `identity` is what the numbers depend on beside a block's key: two runs of one identity share
    blocks. `former` returns what an earlier version of danq recorded as the ``model_checksum`` of
    the same models.
    """

    def __init__(
        self, folder: Path, identity: Mapping[str, Any], former: Callable[[], str] | None = None
    ) -> None:
        self.folder = folder
        self._output = Path(os.fspath(folder).removesuffix(SUFFIX))
        self._former = former
        self._identity = {"format": FORMAT, **identity}

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Make the folder, and keep other runs from it meanwhile; refuse what another run has."""
        self.refuse_others()
        number = self._lock()
        try:
            yield
        finally:
            os.close(number)

    def _lock(self) -> int:
        """Open and lock the folder; a lock ends with its process."""
        while True:
            with writing(self.folder, self._output):
                self.folder.mkdir(parents=True, exist_ok=True)
            number = os.open(self.folder, os.O_RDONLY)
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(number)
                raise InputError(
                    "belongs to another run that writes the same output now", path=self.folder
                ) from None
            except OSError as error:
                logger.debug("%s: cannot be locked (%s)", self.folder, error.strerror)
            # The run that had it may have removed it in between.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.stat(self.folder), os.fstat(number)):
                    return number
            os.close(number)

    def begin(self) -> None:
        """Write what the blocks are computed with, where it is not there yet."""
        if not (self.folder / _RUN).exists():
            with whole(self.folder / _RUN, named=self._output) as partial:
                partial.write_text(json.dumps(self._identity, indent=1), encoding="utf-8")

    def check(self, *, must_exist: bool = False) -> bool:
        """Refuse a folder of another run, by what differs; return whether this run has one."""
        found = self._found()
        if found is None:
            if must_exist:
                raise InputError("is not a folder of finished blocks", path=self.folder)
            return False
        for key in {**self._identity, **found}:
            wanted = self._identity.get(key)
            if found.get(key) != wanted and not self._is_former(key, found.get(key)):
                name = key.replace("_", " ") if key in self._identity else quoted(key)
                raise InputError(
                    f"holds blocks of another run: its {name} is "
                    f"{_said(found.get(key))}, now it is {_said(wanted)}",
                    path=self.folder,
                )
        return True

    def _is_former(self, key: str, value: Any) -> bool:
        return key == "model_checksum" and self._former is not None and value == self._former()

    def refuse_others(self) -> None:
        """Refuse what is not a folder of finished blocks, of whichever run."""
        if self.folder.exists() and not self._is_own():
            raise InputError("is there, and no folder of danq's alone", path=self.folder)
        self._found()

    def _found(self) -> dict[str, Any] | None:
        """Read what the folder says of itself, if there is one."""
        try:
            found = json.loads((self.folder / _RUN).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(f"its {_RUN} cannot be read ({error})", path=self.folder) from error
        return found if isinstance(found, dict) else {}

    def _is_own(self) -> bool:
        """Return whether a folder holds nothing but what runs leave, complete or killed."""
        own = (_RUN, "block-", ".partial-")
        return self.folder.is_dir() and all(f.name.startswith(own) for f in self.folder.iterdir())

    def load(self, block: Block, reads: frozenset[str]) -> dict[str, npt.NDArray[Any]] | None:
        """Return a block's arrays, or None where they are missing, damaged or of other input."""
        try:
            arrays = read_npz(self.path(block.number), "a finished block")
        except InputError:
            return None
        found = str(arrays.pop(_DIGEST, ""))
        if found != digest(block.key, arrays) or not reads <= arrays.keys():
            return None
        return {name: arrays[name] for name in reads}

    def save(self, block: Block, arrays: Arrays, reads: frozenset[str]) -> None:
        """Keep what is read of a block's arrays."""
        kept: dict[str, Any] = {name: arrays[name] for name in sorted(reads)}
        kept[_DIGEST] = np.array(digest(block.key, kept))
        path = self.path(block.number)
        with (
            whole(path, named=self._output) as partial,
            writing(partial, self._output),
            open(partial, "wb") as file,
        ):
            np.savez(file, **kept)

    def path(self, number: int) -> Path:
        """Return where a block's file is."""
        return self.folder / f"block-{number:08d}.npz"

    def count(self) -> int:
        """Count the blocks that are there."""
        return len(list(self.folder.glob("block-*.npz")))

    def clear(self) -> None:
        """Remove what is in the folder; what its blocks belong to goes last."""
        for file in sorted(self.folder.iterdir(), key=lambda file: file.name == _RUN):
            file.unlink()

    def remove(self) -> None:
        """Remove the folder, if there is one and it is danq's."""
        self.refuse_others()
        if self.folder.exists():
            self.clear()
            self.folder.rmdir()

    def move(self, to: Path) -> None:
        """Move the folder to its final name, in place of finished blocks but of nothing else."""
        Parts(to, self._identity).remove()
        os.replace(self.folder, to)


def _said(value: Any) -> str:
    return "not given" if value is None else quoted(value)


def digest(key: bytes, arrays: Arrays) -> str:
    """Return the SHA-256 of arrays, and of the input that they were computed from."""
    content = hashlib.sha256(key)
    for name, array in sorted(arrays.items()):
        content.update(f"{name}\t{array.dtype.str}\t{array.shape}\n".encode())
        content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()
