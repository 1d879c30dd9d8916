"""Save and load networks together with what they were made for."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from danq.errors import InputError
from danq.genome import ALPHABET
from danq.models.metadata import MEMBER, Metadata, metadata
from danq.outputs import whole


def save(
    network: keras.Model,
    path: str | os.PathLike[str],
    *,
    targets: Sequence[str],
    groups: Sequence[str] | None = None,
    **details: Any,
) -> None:
    """Write a `.keras` file with metadata, whole or not at all.

    Plain Keras reads the file too.

    Parameters
    ----------
    network
        Float one-hot (batch, window, 4) to probabilities (batch, targets).
    path
        The file to write; its name ends in `.keras`.
    targets, groups
        Name and group of each output, in order. Groups default to one for all.
    **details
        Further fields of `danq.models.Metadata`.

    Raises
    ------
    InputError
        When the name does not end in `.keras`, or the numbers of names and outputs differ.
    """
    from danq import __version__

    path = Path(path)
    if path.suffix != ".keras":
        raise InputError("expected a model file's name to end in .keras", path=path)
    outputs = int(network.output_shape[-1])
    groups = ["all targets"] * len(targets) if groups is None else groups
    if not len(targets) == len(groups) == outputs:
        raise InputError(
            f"found {len(targets)} target names and {len(groups)} groups, "
            f"the network has {outputs} outputs"
        )
    details.setdefault("version", __version__)
    record = Metadata(list(targets), list(groups), int(network.input_shape[1]), **details)
    with whole(path) as partial:
        network.save(partial)
        with zipfile.ZipFile(partial, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MEMBER, record.to_json())


def load(path: str | os.PathLike[str]) -> keras.Model:
    """Read a model file.

    Parameters
    ----------
    path
        A `.keras` file that `save` or `danq train` wrote.

    Returns
    -------
    keras.Model
        The network; its attribute `danq` holds the `Metadata`.

    Raises
    ------
    InputError
        When the file cannot be read, carries no danq metadata or metadata of another network, or
        reads channels in another order.
    """
    record = metadata(path)
    if record.channels != ALPHABET:
        raise InputError(
            f"reads channels in the order {record.channels}, danq gives {ALPHABET}", path=path
        )
    try:
        network = keras.models.load_model(path, compile=False)
    except (ValueError, TypeError, OSError, KeyError) as error:
        raise InputError(f"cannot be loaded by Keras ({error})", path=path) from error
    shapes = (network.input_shape, network.output_shape)
    expected = ((None, record.window, len(ALPHABET)), (None, len(record.targets)))
    if shapes != expected:
        raise InputError(
            f"holds a network of shapes {shapes}, its metadata say {expected}", path=path
        )
    network.danq = record
    return network
