"""Released weights of the papers and other people's models, turned into danq's model files.

Importing this package is cheap; Keras loads with `import_model`, PyTorch only for its files.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from danq.models.published.sources import KINDS, SOURCES, Source
from danq.models.published.targets import published_targets, read_names
from danq.models.startup import load_backend

_HOMES = {"import_model": "importer", "readings": "backward"}

__all__ = [
    "KINDS",
    "SOURCES",
    "Source",
    "import_model",
    "published_targets",
    "read_names",
    "readings",
]

if TYPE_CHECKING:
    from danq.models.published.backward import readings
    from danq.models.published.importer import import_model
else:

    def __getattr__(name):
        if name in _HOMES:
            load_backend()
            return getattr(importlib.import_module(f"danq.models.published.{_HOMES[name]}"), name)
        raise AttributeError(f"module 'danq.models.published' has no attribute {name!r}")
