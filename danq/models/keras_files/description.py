"""What a file says of its network: read, and refused where it names code that danq does not run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from danq.errors import InputError, quoted
from danq.hdf5.reading import open_hdf5
from danq.models.keras_files.archive import CONFIG, METADATA, open_archive, parse_json, read_json
from danq.models.keras_files.graphs import check_calls
from danq.names import check_name
from danq.paths import StrPath

_LARGEST_TEXT = 32 << 20
_TITLE = "an HDF5 file of a whole Keras model"
RUNS_CODE = ("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
"""Classes of Keras that run what a file brings, or load further files."""


@dataclass(frozen=True)
class Description:
    """A network as its file describes it: nested dictionaries of ``class_name`` and ``config``.

    `version` is the major version of the Keras that wrote it, `backend` what that Keras ran on,
    empty where the file does not say.
    """

    network: dict[str, Any]
    version: int
    backend: str = ""


def read_description(path: StrPath) -> Description:
    """Read what a `.keras` or `.h5` file of Keras 2 or 3 says of its network."""
    if Path(path).suffix == ".keras":
        with open_archive(path) as archive:
            network = read_json(archive, CONFIG, path)
            about = read_json(archive, METADATA, path) if METADATA in archive.namelist() else {}
        version, backend = about.get("keras_version", "3"), ""
    else:
        texts = _attributes(path)
        network = parse_json(texts["model_config"], "model_config", path)
        version, backend = texts.get("keras_version", "1"), texts.get("backend", "")
    number = re.match(r"([1-9]\d?)\.|[1-9]\d?$", version) if isinstance(version, str) else None
    if number is None:
        raise InputError(f"was written by Keras {quoted(version)}, expected 2 or 3", path=path)
    first = int(number[0].rstrip("."))
    if first == 1:
        raise InputError(
            "was written by Keras 1, expected Keras 2 or 3 (Keras 2 reads it and saves it again)",
            path=path,
        )
    return Description(network, first, backend)


def _attributes(path: StrPath) -> dict[str, str]:
    """Read the texts that an `.h5` file has as attributes."""
    with open_hdf5(path, _TITLE) as file:
        if "model_config" not in file.attrs:
            raise InputError(
                "holds weights without a network: model.save writes both, model.save_weights "
                "does not",
                path=path,
            )
        return {
            name: _text(file, name, path)
            for name in ("model_config", "keras_version", "backend")
            if name in file.attrs
        }


def _text(file: Any, name: str, path: StrPath) -> str:
    stored = file.attrs.get_id(name)
    if (
        stored.shape != ()
        or not stored.dtype.itemsize <= _LARGEST_TEXT
        or stored.dtype.kind not in "OS"
    ):
        raise InputError(f"holds no text in the attribute {name}", path=path)
    value = file.attrs[name]
    if isinstance(value, bytes):
        value = value.decode()
    if not isinstance(value, str) or len(value) > _LARGEST_TEXT:
        raise InputError(f"holds no text in the attribute {name}", path=path)
    return value


def _items(value: Any) -> Iterator[Any]:
    """Walk through nested lists and dictionaries, outermost and first items first."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        yield item
        if isinstance(item, dict):
            waiting += reversed(list(item.values()))
        elif isinstance(item, list):
            waiting += reversed(item)


def check_network(network: dict[str, Any], path: StrPath) -> None:
    """Refuse layers and functions of others, stateful layers, and names that cannot be printed."""
    for item in _items(network):
        if isinstance(item, dict) and "class_name" in item and "config" in item:
            _check_object(item, path)
            check_calls(item, path)
    for item in _items(network):
        for text in [item] if isinstance(item, str) else item if isinstance(item, dict) else ():
            check_name(text, "its description of the network", path=path)


def _check_object(item: dict[str, Any], path: StrPath) -> None:
    config = item["config"]
    if isinstance(config, dict) and config.get("stateful"):
        raise InputError(remembers(config.get("name")), path=path)
    is_function = item["class_name"] == "function"
    name = str(item["config"] if is_function else item["class_name"])
    if _is_registered(name) or _is_registered(item.get("registered_name")):
        return
    root = str(item.get("module") or "keras").split(".")[0]
    is_foreign = root not in ("keras", "builtins") or name in RUNS_CODE
    if is_foreign or (is_function and not hasattr(keras.activations, name)):
        raise InputError(
            f"holds {quoted(name)}, code of its author that danq does not run; expected Keras's "
            "own layers and functions",
            path=path,
        )
    if item.get("module") == "keras.layers" and not hasattr(keras.layers, name):
        raise InputError(
            f"holds {quoted(name)}, which Keras {keras.__version__} does not have", path=path
        )


def remembers(layer: object) -> str:
    """Return the sentence for a recurrent layer of that name whose state outlasts a batch."""
    return (
        f"the layer {quoted(layer)} is stateful: it would carry its state from one window to the "
        "next; expected stateful=False"
    )


def _is_registered(name: Any) -> bool:
    """Return whether danq, or the program that uses it, told Keras of a class or function."""
    return isinstance(name, str) and keras.saving.get_registered_object(name) is not None
