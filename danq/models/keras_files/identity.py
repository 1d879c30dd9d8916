"""What tells one model from another: its network, weights and metadata, not the bytes of its file.

Keras writes addresses of the memory and the date into a `.keras` file, so two trainings that came
to the same numbers have files of other bytes.
"""

import hashlib
import json
from typing import Any

import numpy as np

from danq.models.keras_files.archive import CONFIG, open_archive, read_json
from danq.models.keras_files.metadata import metadata
from danq.models.keras_files.weights import arrays, open_weights
from danq.paths import StrPath

# Where objects lay in memory, what a layer was built with, and how the network was trained.
_ASIDE = ("shared_object_id", "build_config", "compile_config")
_ENDS = ("input_layers", "output_layers")
RANDOM = "seed_generator/"
"""In the names of states of random numbers, which are drawn while training only."""


def checksum(path: StrPath) -> str:
    """Return the SHA-256 of what a model file predicts with, without loading Keras.

    Equal networks with equal weights, targets, groups, window, channels and unknown bases have one
    checksum, whatever their layers are called and however their files were packed.

    Parameters
    ----------
    path
        A model file.

    Returns
    -------
    str
        Hexadecimal digits.

    Raises
    ------
    InputError
        When the file is not a model file, or a damaged one.
    """
    record = metadata(path)
    with open_archive(path) as archive:
        network = _canonical(read_json(archive, CONFIG, path), {})
    about = [record.targets, record.groups, record.window, record.channels, float(record.unknown)]
    digest = hashlib.sha256(json.dumps([network, about], sort_keys=True).encode())
    with open_weights(path) as weights:
        for name, array in arrays(weights):
            if RANDOM not in name:
                values = np.ascontiguousarray(array[()])
                digest.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
                digest.update(values.data if values.dtype.kind in "fiub" else values.tobytes())
    return digest.hexdigest()


def _canonical(value: Any, names: dict[str, str]) -> Any:
    """Return a description without what differs from run to run; layers are called by number."""
    if isinstance(value, list):
        return [_canonical(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _number_names(item, names)
        if key in ("name", "keras_history", *_ENDS)
        else _canonical(item, names)
        for key, item in value.items()
        if key not in _ASIDE
    }


def _number_names(value: Any, names: dict[str, str]) -> Any:
    """Return names of layers as numbers in the order in which they come up."""
    if isinstance(value, str):
        return names.setdefault(value, f"#{len(names)}")
    return [_number_names(item, names) for item in value] if isinstance(value, list) else value
