"""What each base of a sequence contributes to a prediction.

Importing this package is cheap; Keras loads when something here that needs it is first touched.
"""

from typing import TYPE_CHECKING

from danq.models.startup import load_with_keras

_HOMES = {
    "ExplainedOutput": "maps",
    "Explanation": "explanation",
    "Maps": "maps",
    "Saturation": "saturation",
    "Stretch": "maps",
    "explain": "explaining",
    "saturate": "saturation",
}

__all__ = [
    "ExplainedOutput",
    "Explanation",
    "Maps",
    "Saturation",
    "Stretch",
    "explain",
    "saturate",
]

if TYPE_CHECKING:
    from danq.interpretation.explaining import explain
    from danq.interpretation.explanation import Explanation
    from danq.interpretation.maps import ExplainedOutput, Maps, Stretch
    from danq.interpretation.saturation import Saturation, saturate
else:
    __getattr__ = load_with_keras(__name__, _HOMES)
