"""Save and load networks together with what they were made for."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

import danq.core.activations  # noqa: F401 (registers what model files may name)
from danq.errors import InputError
from danq.genome import ALPHABET
from danq.groups import UNGROUPED, check_group
from danq.models.metadata import MEMBER, Metadata, metadata
from danq.outputs import whole

ENDING = (
    "its last two layers to be a Dense of logits, linear and with a bias, and "
    'keras.layers.Activation("sigmoid")'
)


def save(
    network: keras.Model,
    path: str | os.PathLike[str],
    *,
    targets: Sequence[str],
    groups: Sequence[str] | None = None,
    **details: Any,
) -> None:
    """Write a `.keras` file with metadata, whole or not at all.

    Plain Keras reads the file too, after ``import danq.core`` where the network has an activation
    of `danq.core.activations` (those imported from DanQ's and DeepSEA's released weights).

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
        When the name does not end in `.keras`, the numbers of names and outputs differ, or the
        network does not end in logits and a sigmoid layer of its own.
    """
    from danq import __version__

    path = Path(path)
    if path.suffix != ".keras":
        raise InputError("expected a model file's name to end in .keras", path=path)
    outputs = int(network.output_shape[-1])
    groups = [UNGROUPED] * len(targets) if groups is None else groups
    if not len(targets) == len(groups) == outputs:
        raise InputError(
            f"found {len(targets)} target names and {len(groups)} groups, "
            f"the network has {outputs} outputs"
        )
    for group in groups:
        check_group(group)
    if not ends_in_logits(network):
        raise InputError(f"cannot be saved: expected {ENDING}", path=path)
    details.setdefault("version", __version__)
    record = Metadata(list(targets), list(groups), int(network.input_shape[1]), **details)
    with whole(path) as partial:
        network.save(partial)
        with zipfile.ZipFile(partial, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MEMBER, record.to_json())


def load(
    path: str | os.PathLike[str],
    *,
    targets: Sequence[str] | None = None,
    window: int | None = None,
    channels: str | None = None,
    unknown: float | None = None,
) -> keras.Model:
    """Read a model file, and refuse it when it is not what the caller says it is.

    Parameters
    ----------
    path
        A `.keras` file that `save` or `danq train` wrote.
    targets
        Names of the targets that it shall predict, in order.
    window
        Bases that it shall read.
    channels
        Order of the channels that it shall read.
    unknown
        What it shall take for each channel of an unknown base.

    Returns
    -------
    keras.Model
        The network; its attribute `danq` holds the `Metadata`.

    Raises
    ------
    InputError
        When the file cannot be read, carries no danq metadata or metadata of another network,
        reads channels in another order than A, C, G, T, or differs from what is expected; the
        sentence names the difference.
    """
    record = metadata(path)
    record.check(path, targets=targets, window=window, channels=channels, unknown=unknown)
    if record.channels != ALPHABET:
        raise InputError(
            f"reads channels in the order {record.channels}, danq gives {ALPHABET} "
            f"(danq import --from keras --channels {record.channels} rewrites it)",
            path=path,
        )
    network = read_network(path)
    shapes = (network.input_shape, network.output_shape)
    expected = ((None, record.window, len(ALPHABET)), (None, len(record.targets)))
    if shapes != expected:
        raise InputError(
            f"holds a network of shapes {shapes}, its metadata say {expected}", path=path
        )
    if not ends_in_logits(network):
        raise InputError(f"holds another network than danq reads: expected {ENDING}", path=path)
    network.danq = record
    return network


def read_network(path: str | os.PathLike[str]) -> Any:
    """Let Keras read a network, without running code that the file brings.

    Parameters
    ----------
    path
        A `.keras` file, or an HDF5 file of Keras 2.

    Raises
    ------
    InputError
        When Keras cannot read it; the first sentence of its complaint is told.
    """
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InputError("is damaged", path=path) from error
    except (
        ValueError,
        TypeError,
        OSError,
        LookupError,
        AttributeError,
        ImportError,
        RuntimeError,
    ) as error:
        foreign = _foreign_layer(Path(path))
        if foreign is not None:
            raise InputError(
                f"holds {foreign}, code of its author that danq does not run; expected Keras's own "
                "layers and functions",
                path=path,
            ) from error
        reason = " ".join(str(error).split()).split(". ")[0].rstrip(".")
        raise InputError(f"cannot be loaded by Keras ({reason})", path=path) from error


def _foreign_layer(path: Path) -> str | None:
    """Name the first layer or function of a `.keras` file that neither Keras nor danq brings."""
    try:
        with zipfile.ZipFile(path) as archive:
            waiting: list[Any] = [json.loads(archive.read("config.json"))]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, RecursionError):
        return None
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            foreign = _foreign(item)
            if foreign is not None:
                return foreign
            waiting += reversed(list(item.values()))
        elif isinstance(item, list):
            waiting += reversed(item)
    return None


def _foreign(item: dict[str, Any]) -> str | None:
    """Name what an entry of a network's description says, if neither Keras nor danq knows it."""
    name, module = item.get("class_name"), str(item.get("module", "keras"))
    if name == "function":
        name, module = str(item.get("config")), ""
    if name == "Lambda":
        return "Lambda"
    known = module.split(".")[0] in ("keras", "builtins")
    ours = f"{name} {item.get('registered_name')}"
    return None if name is None or known or "danq>" in ours else str(name)


def ends_in_logits(network: keras.Model) -> bool:
    """Tell whether the last two layers are linear logits with a bias, and a sigmoid.

    Scores need the logits in float32, so a sigmoid inside the Dense layer would hide them.
    """
    if len(network.layers) < 2:
        return False
    *_, logits, output = network.layers
    return (
        isinstance(output, keras.layers.Activation)
        and output.activation is keras.activations.sigmoid
        and isinstance(logits, keras.layers.Dense)
        and logits.activation is keras.activations.linear
        and logits.use_bias
    )
