"""What travels in a model file beside the weights; read without importing Keras."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from danq.errors import InputError
from danq.genome import ALPHABET

MEMBER = "danq.json"


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

    def to_json(self) -> str:
        """Write as JSON."""
        return json.dumps(asdict(self), indent=1)


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
    except zipfile.BadZipFile as error:
        raise InputError("is no .keras model file, or a damaged one", path=path) from error
    except KeyError as error:
        raise InputError("carries no danq metadata (targets, window, …)", path=path) from error
    except (TypeError, ValueError) as error:
        raise InputError(f"carries metadata of another format ({error})", path=path) from error
