"""Learn what DNA does from sequence, and what a variant changes.

Every step of the command line is a function here: `windows`, `convert`, `train`, `evaluate`,
`predict`, `background`, `score`, `explain`, `saturate`, `export`, `check`, `init`, and
`import_model` for ``danq import``.
`score_to_arrays` returns scores in place of files, `score_alleles` those of a list, and
`score_piece` and `gather_pieces` share out a VCF. Parts load when they are first touched, so that
``import danq`` is quick and Keras is only imported by what needs a network.
"""

import importlib
import os
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# TensorFlow reads it once, when it is first imported, whoever imports it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

_STEPS = {
    "windows": "danq.dataset",
    "convert": "danq.dataset",
    "train": "danq.training",
    "evaluate": "danq.evaluation",
    "predict": "danq.prediction",
    "background": "danq.scoring",
    "score": "danq.scoring",
    "score_to_arrays": "danq.scoring",
    "score_alleles": "danq.scoring",
    "score_piece": "danq.scoring",
    "gather_pieces": "danq.scoring",
    "explain": "danq.interpretation",
    "saturate": "danq.interpretation",
    "import_model": "danq.models.published",
    "export": "danq.models.export",
    "check": "danq.config.check",
    "init": "danq.config.template",
}
_PARTS = (
    "core",
    "dataset",
    "evaluation",
    "genome",
    "interpretation",
    "models",
    "prediction",
    "scoring",
    "training",
)

__all__ = [
    "__version__",
    "background",
    "check",
    "convert",
    "core",
    "dataset",
    "evaluate",
    "evaluation",
    "explain",
    "export",
    "gather_pieces",
    "genome",
    "import_model",
    "init",
    "interpretation",
    "models",
    "predict",
    "prediction",
    "saturate",
    "score",
    "score_alleles",
    "score_piece",
    "score_to_arrays",
    "scoring",
    "train",
    "training",
    "windows",
]

if TYPE_CHECKING:
    from danq import (
        core,
        dataset,
        evaluation,
        genome,
        interpretation,
        models,
        prediction,
        scoring,
        training,
    )
    from danq.config.check import check
    from danq.config.template import init
    from danq.dataset.build import windows
    from danq.dataset.matlab.conversion import convert
    from danq.evaluation.evaluate_models import evaluate
    from danq.interpretation import explain, saturate
    from danq.models.export import export
    from danq.models.published import import_model
    from danq.prediction import predict
    from danq.scoring import (
        background,
        gather_pieces,
        score,
        score_alleles,
        score_piece,
        score_to_arrays,
    )
    from danq.training import train
else:
    # Hidden from type checkers, which would take any name for one of these.
    def __getattr__(name):
        if name in _STEPS:
            return getattr(importlib.import_module(_STEPS[name]), name)
        if name in _PARTS:
            return importlib.import_module(f"danq.{name}")
        raise AttributeError(f"module 'danq' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
