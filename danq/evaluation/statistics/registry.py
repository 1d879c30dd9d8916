"""The metrics, in the order of the tables."""

from danq.evaluation.statistics.calibration import CALIBRATION_ERROR
from danq.evaluation.statistics.metric import Metric
from danq.evaluation.statistics.ranking_metrics import PR_AUC, RECALL_AT_FDR50, ROC_AUC

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (ROC_AUC, PR_AUC, RECALL_AT_FDR50, CALIBRATION_ERROR)
}


def compared() -> list[Metric]:
    """Return the metrics that pairs of models are compared by."""
    return [metric for metric in METRICS.values() if metric.is_compared]
