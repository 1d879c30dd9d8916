"""Labelled windows: made from peaks, stored as coordinates, read as batches."""

from danq.dataset.build import WindowsSummary, windows
from danq.dataset.selection import Selection
from danq.dataset.store import Dataset
from danq.dataset.targets import Targets, read_targets

__all__ = ["Dataset", "Selection", "Targets", "WindowsSummary", "read_targets", "windows"]
