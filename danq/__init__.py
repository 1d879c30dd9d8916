"""Learn what DNA does from sequence, and what a variant changes.

Every step of the command line is a function here: `windows`, `convert`, `train`, `evaluate`,
`predict`, `background`, `score`, `export`, and `import_model` for ``danq import``; `score_alleles`
scores a list instead of a VCF. Parts load when they are first touched, so that ``import danq`` is
quick and Keras is only imported by what needs a network.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_STEPS = {
    "windows": "danq.dataset",
    "convert": "danq.dataset",
    "train": "danq.training",
    "evaluate": "danq.evaluation",
    "predict": "danq.prediction",
    "background": "danq.scoring",
    "score": "danq.scoring",
    "score_alleles": "danq.scoring",
    "import_model": "danq.models.published",
    "export": "danq.models.export",
}
_PARTS = ("core", "dataset", "evaluation", "genome", "models", "prediction", "scoring", "training")

__all__ = ["__version__", *_PARTS, *_STEPS]


def __getattr__(name: str) -> Any:
    if name in _STEPS:
        return getattr(importlib.import_module(_STEPS[name]), name)
    if name in _PARTS:
        return importlib.import_module(f"danq.{name}")
    raise AttributeError(f"module 'danq' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
