"""What travels in a model file beside the weights; read without importing Keras."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from danq.errors import InputError, quoted
from danq.genome import ALPHABET
from danq.models.keras_files.archive import CONFIG, WEIGHTS, open_archive, read_json
from danq.names import clean_names
from danq.paths import StrPath
from danq.targets.names import target_difference

MEMBER = "danq.json"
SEALED = (CONFIG, WEIGHTS, MEMBER)
"""Members that tell what a model file predicts."""
WITHOUT = (
    "carries no danq metadata (targets, window, channels, …): danq import --from keras makes a "
    "model file of it"
)


@dataclass(frozen=True)
class Metadata:
    """What a network was made for.

    Attributes
    ----------
    targets, groups
        Name and group of each output, in order; a target's identity is its place.
    window
        Bases in the input.
    channels
        Order of the input's channels.
    unknown
        What each channel of an unknown base holds.
    dataset_checksum
        That of the data set it was trained on, None when unknown.
    reference_checksum
        That of the reference the data set was made from, None when unknown.
    version
        Of danq, when the file was written.
    training
        Hyper-parameters of the training, as they were used.

    Raises
    ------
    InputError
        When a value cannot be: channels that are not an order of A, C, G, T, an unknown base
        outside 0 to 1, a window below 1, or another number of groups than of targets.
    """

    targets: list[str]
    groups: list[str]
    window: int
    channels: str = ALPHABET
    unknown: float = 0.0
    dataset_checksum: str | None = None
    reference_checksum: str | None = None
    version: str = ""
    training: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every value that a prediction depends on."""
        check_channels(self.channels)
        check_unknown(self.unknown)
        if type(self.window) is not int or self.window < 1:
            raise InputError(f"found window {self.window!r:.40}, expected a number of bases")
        if not isinstance(self.training, dict) or not isinstance(self.version, str):
            raise InputError("found no record of a training, or no version")
        for checksum in (self.dataset_checksum, self.reference_checksum):
            if not isinstance(checksum, str | None):
                raise InputError(f"found checksum {quoted(checksum)}, expected text")
        for what in ("targets", "groups"):
            names = getattr(self, what)
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise InputError(f"found {what} that are not a list of names")
            object.__setattr__(self, what, clean_names(names, what))
        if len(self.targets) != len(self.groups):
            raise InputError(
                f"found {len(self.targets)} target names and {len(self.groups)} groups"
            )

    def to_json(self) -> str:
        """Write as JSON."""
        return json.dumps(asdict(self), indent=1)

    def check(
        self,
        path: StrPath,
        *,
        targets: Sequence[str] | None = None,
        window: int | None = None,
        channels: str | None = None,
        unknown: float | None = None,
        source: str = "expected",
    ) -> None:
        """Refuse what the network was not made for; None is not compared.

        Parameters
        ----------
        path
            The model file, for the error.
        targets
            Names wanted, in order.
        window
            Bases wanted in a window.
        channels
            Order of the channels that are given.
        unknown
            What each channel of an unknown base holds where the network is used.
        source
            What wants this, for instance ``dataset.h5 has``.

        Raises
        ------
        InputError
            It names what differs; of targets the first that does.
        """
        fault = None
        if window not in (None, self.window):
            fault = f"reads windows of {self.window} bases, {source} {window}"
        elif channels not in (None, self.channels):
            fault = f"reads channels in the order {self.channels}, {source} {channels}"
        elif unknown not in (None, self.unknown):
            fault = (
                f"takes {self.unknown:g} in each channel for an unknown base, {source} {unknown:g}"
            )
        elif targets is not None:
            fault = target_difference(self.targets, targets, source=source)
        if fault is not None:
            raise InputError(fault, path=path)


def check_channels(channels: str) -> None:
    """Refuse what is not an order of the four bases."""
    if not isinstance(channels, str) or sorted(channels) != sorted(ALPHABET):
        raise InputError(
            f"found channels {quoted(channels)}, expected an order of A, C, G and T such as "
            "ACGT or AGCT"
        )


def check_unknown(unknown: float) -> None:
    """Refuse a value for unknown bases that no one-hot row could hold, outside 0 to 1."""
    if type(unknown) not in (int, float) or not 0 <= unknown <= 1:
        raise InputError(
            f"found {unknown!r:.40} for each channel of an unknown base, expected 0 to 1 "
            "(0 in DeepSEA and DanQ, 0.25 in Selene)"
        )


def metadata(path: StrPath) -> Metadata:
    """Read the metadata of a model file.

    Parameters
    ----------
    path
        A `.keras` file that `danq.models.save` or `danq train` wrote.

    Raises
    ------
    InputError
        When the file cannot be read, is no `.keras` file, or carries no danq metadata.
    """
    with open_archive(path) as archive:
        if MEMBER not in archive.namelist():
            raise InputError(WITHOUT, path=path)
        values = read_json(archive, MEMBER, path)
    known = {one.name for one in fields(Metadata)}
    if unknown := [name for name in values if name not in known]:
        raise InputError(
            f"carries metadata of another format: {quoted(unknown[0])} in {MEMBER}", path=path
        )
    try:
        return Metadata(**values)
    except (TypeError, ValueError) as error:
        raise InputError(f"carries metadata of another format ({error})", path=path) from error
