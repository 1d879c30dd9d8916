"""The result of a prediction."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from danq.errors import InputError, counted


@dataclass(frozen=True, repr=False)
class Predictions:
    """Predictions of one model; ``len()`` is the number of windows.

    Attributes
    ----------
    count
        Number of windows.
    targets, groups
        Name and group of each target, in the order of the columns.
    path
        The file they were written to, None where they are here.
    columns
        What identifies the windows: ``contig``, ``start`` and ``end``, 0-based half-open, or
        ``name``; empty where they were written to a file.
    """

    count: int
    targets: list[str]
    groups: list[str]
    path: Path | None
    columns: dict[str, NDArray[np.int64] | list[str]]
    _probabilities: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        where = f" in {self.path}" if self.path else ""
        targets = counted(len(self.targets), "target")
        return f"<Predictions: {counted(self.count, 'window')}, {targets}{where}>"

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """float32 (windows, targets), in the order of the input.

        Raises
        ------
        InputError
            When they were written to a file, which may be larger than memory.
        """
        if self._probabilities is None:
            raise InputError(
                "holds these predictions: without an output they are returned", path=self.path
            )
        return self._probabilities
