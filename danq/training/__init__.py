"""Training: the papers' recipes, resumable, seeded, with the best model kept."""

from danq.training.history import Epoch, History
from danq.training.run import TrainingError, train
from danq.training.settings import Settings, settings_for

__all__ = ["Epoch", "History", "Settings", "TrainingError", "settings_for", "train"]
