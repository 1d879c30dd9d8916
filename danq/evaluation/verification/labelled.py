"""Labelled windows from either kind of file that `danq import --verify` reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from numpy import uint8
from numpy.typing import NDArray

from danq.dataset import Dataset
from danq.dataset.matlab.deepsea_mat import is_mat, read_mat
from danq.errors import InputError
from danq.genome import Reference
from danq.models.published import published_targets
from danq.paths import StrPath
from danq.targets.names import target_difference

Codes = Callable[[int, int], NDArray[uint8]]


@dataclass(frozen=True)
class Labelled:
    """Windows with labels, opened and read as far as memory allows.

    Attributes
    ----------
    path
        Where they come from.
    window
        Bases in each.
    labels
        uint8 (windows, targets), 0 or 1.
    codes
        From the first and last place of a stretch to its windows, uint8 (n, window).
    names, groups
        Of the targets, in order; None where the file has none, as DeepSEA's.
    dataset
        The data set, where the windows come from one.
    """

    path: Path
    window: int
    labels: NDArray[uint8]
    codes: Codes
    names: list[str] | None = None
    groups: list[str] | None = None
    dataset: Dataset | None = None

    def check(self, window: int, targets: Sequence[str], path: StrPath) -> None:
        """Refuse a network that was not made for these windows and targets.

        Parameters
        ----------
        window
            Bases that it reads.
        targets
            Names of what it predicts, in order.
        path
            Its file or address, for the error.

        Raises
        ------
        InputError
            It names what differs.
        """
        if window != self.window:
            raise InputError(
                f"reads windows of {window} bases, {self.path} has {self.window}", path=path
            )
        fault = None
        if self.names is not None:
            fault = target_difference(targets, self.names, source=f"{self.path} has")
        elif len(targets) != self.labels.shape[1]:
            fault = (
                f"predicts {len(targets)} targets, {self.path} has {self.labels.shape[1]} of them"
            )
        if fault is not None:
            raise InputError(fault, path=path)

    def caution(self, targets: Sequence[str]) -> str:
        """Return where the order of the targets cannot be checked; empty where it can.

        Parameters
        ----------
        targets
            Names of what the network predicts, in order.
        """
        deepsea = published_targets("deepsea")
        assert deepsea is not None
        if self.names is not None or list(targets) == deepsea[0]:
            return ""
        return (
            f"{self.path} names no targets: only their number was compared, whether they are in "
            "the order of the network's cannot be checked."
        )


def open_labelled(path: StrPath, *, genome: StrPath | Reference | None = None) -> Labelled:
    """Open labelled windows: a data set's test split, or a ``test.mat`` or ``valid.mat``.

    The first bytes tell which, or else the name. `genome` serves in place of the FASTA file named
    in the data set.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(
            "is a folder, expected a data set of danq windows or DeepSEA's test.mat", path=path
        )
    if is_mat(path):
        if genome is not None:
            raise InputError("holds its own sequences, found a genome as well", path=path)
        found = read_mat(path)
        codes = found.codes
        return Labelled(path, codes.shape[1], found.labels, lambda first, last: codes[first:last])
    data = Dataset.open(path, genome=genome)
    rows = data.indices("test")
    return Labelled(
        path,
        data.window,
        data.labels(rows),
        lambda first, last: data.codes(rows[first:last]),
        data.targets.names,
        data.targets.groups,
        data,
    )
