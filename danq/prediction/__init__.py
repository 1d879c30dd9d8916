"""Predictions of one model for regions of a genome or for sequences: `danq predict`."""

from danq.models.inputs import as_codes
from danq.prediction.predictions import Predictions
from danq.prediction.run import BLOCK, predict

__all__ = ["BLOCK", "Predictions", "as_codes", "predict"]
