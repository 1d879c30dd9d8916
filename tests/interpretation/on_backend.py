"""Run in another process, on the backend that KERAS_BACKEND names: maps of a few windows.

python -m tests.interpretation.on_backend model.keras maps.npz
"""

from __future__ import annotations

import sys

import numpy as np

from danq.interpretation.maps import ExplainedOutput
from danq.interpretation.methods.attribution import GRADIENTS, Attribution, attribute
from danq.interpretation.methods.mutagenesis import substitution_effects
from danq.models import Predictor
from danq.models.sharing import Span

OUTPUTS = [ExplainedOutput("one", (1,)), ExplainedOutput("group", (0, 2))]


def maps(model):
    """Return each method's maps of two windows, one of them with unknown bases."""
    predictor = Predictor(model, batch_size=16)
    codes = np.random.default_rng(2).integers(0, 4, (2, predictor.window)).astype(np.uint8)
    codes[1, 10:14] = 4
    options = {"integrated-gradients": {"baselines": 2, "steps": 3}}
    options["expected-gradients"] = {"baselines": 5, "steps": 2}
    found = {
        method: attribute(predictor, codes, OUTPUTS, method=method, **options.get(method, {}))
        for method in GRADIENTS
    }
    span = Span(0, predictor.window)
    found["ism"] = Attribution(*substitution_effects(predictor, codes, OUTPUTS, span=span), None)
    return found


if __name__ == "__main__":
    arrays = {
        f"{method} {field}": getattr(found, field)
        for method, found in maps(sys.argv[1]).items()
        for field in ("hypothetical", "predicted")
    }
    np.savez(sys.argv[2], **arrays)
