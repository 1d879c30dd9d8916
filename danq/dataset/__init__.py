"""Labelled windows: made from peaks or taken from DeepSEA's files, stored, read as batches."""

from danq.dataset.auditing import Audit, audit
from danq.dataset.bins.selection import Selection
from danq.dataset.build import WindowsSummary, windows
from danq.dataset.matlab.conversion import ConvertSummary, convert, to_mat
from danq.dataset.store import Dataset
from danq.targets.table import Targets, read_targets

__all__ = [
    "Audit",
    "ConvertSummary",
    "Dataset",
    "Selection",
    "Targets",
    "WindowsSummary",
    "audit",
    "convert",
    "read_targets",
    "to_mat",
    "windows",
]
