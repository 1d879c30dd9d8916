"""What travels in a model file beside the weights; read without importing Keras."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from danq.errors import InputError
from danq.genome import ALPHABET
from danq.models.target_names import target_difference

MEMBER = "danq.json"
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
        When a value cannot be: channels that are no order of A, C, G, T, an unknown base outside
        0 to 1, a window below 1, or another number of groups than of targets.
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
        if not isinstance(self.window, int) or self.window < 1:
            raise InputError(f"found window {self.window!r}, expected a number of bases")
        for what, names in (("targets", self.targets), ("groups", self.groups)):
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise InputError(f"found {what} that are no list of names")
        if len(self.targets) != len(self.groups):
            raise InputError(
                f"found {len(self.targets)} target names and {len(self.groups)} groups"
            )

    def to_json(self) -> str:
        """Write as JSON."""
        return json.dumps(asdict(self), indent=1)

    def check(
        self,
        path: str | os.PathLike[str],
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
    """Refuse what is no order of the four bases.

    Raises
    ------
    InputError
        When a letter is missing, repeated or another one.
    """
    if not isinstance(channels, str) or sorted(channels) != sorted(ALPHABET):
        raise InputError(
            f'found channels "{channels}", expected an order of A, C, G and T such as ACGT or AGCT'
        )


def check_unknown(unknown: float) -> None:
    """Refuse an unknown base that no one-hot row could be.

    Raises
    ------
    InputError
        When the value is outside 0 to 1.
    """
    if not isinstance(unknown, (int, float)) or not 0 <= unknown <= 1:
        raise InputError(
            f"found {unknown!r} for each channel of an unknown base, expected 0 to 1 "
            "(0 in DeepSEA and DanQ, 0.25 in Selene)"
        )


def metadata(path: str | os.PathLike[str]) -> Metadata:
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
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return Metadata(**json.loads(archive.read(MEMBER)))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", path=path) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RecursionError) as error:
        raise InputError("is no .keras model file, or a damaged one", path=path) from error
    except KeyError as error:
        raise InputError(WITHOUT, path=path) from error
    except (TypeError, ValueError) as error:
        raise InputError(f"carries metadata of another format ({error})", path=path) from error
