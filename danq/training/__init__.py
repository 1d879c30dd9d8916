"""Training: the papers' recipes, resumable, seeded, with the best model kept.

Keras loads when `train` is first touched.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from danq.models import load_backend
from danq.training.history import Epoch, History
from danq.training.settings import Settings, settings_for

__all__ = ["Epoch", "History", "Settings", "TrainingError", "settings_for", "train"]

_LAZY = {"TrainingError": "loop", "train": "train_network"}

if TYPE_CHECKING:
    from danq.training.loop import TrainingError
    from danq.training.train_network import train
else:

    def __getattr__(name):
        if name in _LAZY:
            load_backend()
            return getattr(importlib.import_module(f"danq.training.{_LAZY[name]}"), name)
        raise AttributeError(f"module 'danq.training' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
