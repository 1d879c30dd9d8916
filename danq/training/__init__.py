"""Training: the papers' recipes, resumable, seeded, with the best model kept.

Keras loads when `train` is first touched.
"""

from typing import TYPE_CHECKING

from danq.models.startup import load_with_keras
from danq.training.history import Epoch, History
from danq.training.listener import Listener
from danq.training.settings import Settings, settings_for

__all__ = ["Epoch", "History", "Listener", "Settings", "TrainingError", "settings_for", "train"]

if TYPE_CHECKING:
    from danq.training.loop import TrainingError
    from danq.training.train_network import train
else:
    __getattr__ = load_with_keras(__name__, {"TrainingError": "loop", "train": "train_network"})


def __dir__() -> list[str]:
    return sorted(__all__)
