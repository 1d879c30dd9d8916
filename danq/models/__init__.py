"""DeepSEA, DanQ and DanQ-JASPAR: networks, their files, their predictions.

Importing this package is cheap; Keras loads when something here that needs it is first touched.
"""

from __future__ import annotations

import importlib
from typing import Any

from danq.models.identity import checksum
from danq.models.metadata import Metadata, metadata
from danq.models.startup import load_backend

DEFAULT_BATCH = 256
"""Windows predicted at once unless told otherwise."""

_HOMES = {
    "adopt": "adoption",
    "alexnet": "other_fields",
    "atomnet": "other_fields",
    "beluga": "networks",
    "danq": "networks",
    "danq_jaspar": "networks",
    "deepsea": "networks",
    "load": "files",
    "prepare_devices": "devices",
    "read_motifs": "motifs",
    "start_from_motifs": "motifs",
    "Predictor": "predict",
    "predictor_of": "predict",
    "save": "files",
}

__all__ = ["DEFAULT_BATCH", "Metadata", "checksum", "load_backend", "metadata", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        load_backend()
        return getattr(importlib.import_module(f"danq.models.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'danq.models' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
