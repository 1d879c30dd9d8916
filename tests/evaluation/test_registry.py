"""A metric that danq does not have comes in by one line of the registry."""

import csv
import html
import io

import numpy as np
import pytest

from danq.evaluation import groups_table, medians, metrics_table
from danq.evaluation.report.page import page
from danq.evaluation.statistics.metric import Metric
from danq.evaluation.statistics.registry import METRICS
from tests.evaluation.scored import evaluation


class Resampled:
    """The Brier score in every resample, from sums over blocks."""

    def __init__(self, target, resampling):
        squares = (target.scores.astype(float) - target.positive) ** 2
        self.sums = np.bincount(resampling.block, squares, resampling.blocks)
        self.weights = resampling.float64

    def add(self, thresholds):
        """Order does not matter to it."""

    def values(self, positives, negatives):
        return self.weights @ self.sums / (positives + negatives)


BRIER = Metric(
    "brier",
    title="Brier score",
    term="Brier score",
    reading="How far probabilities lie from labels, squared & averaged.",
    value=lambda target: float(np.mean((target.scores.astype(float) - target.positive) ** 2)),
    resampled=Resampled,
    is_lowest_best=True,
)


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setitem(METRICS, BRIER.name, BRIER)
    return evaluation(4, ["a", "b"], undefined=[1])


def rows(table):
    return list(csv.DictReader(io.StringIO(table.text()), delimiter="\t"))


def test_a_new_metric_is_in_the_tables_with_its_intervals(found):
    first, second, *_ = rows(metrics_table(found))
    values = found.results[0].metrics.brier
    assert float(first["brier"]) == pytest.approx(values[0], abs=1e-6)
    assert 0 < float(first["brier_lower"]) < values[0] < float(first["brier_upper"]) < 1
    assert second["brier"] == second["brier_upper"] == "NA"
    group = rows(groups_table(found))[2]
    assert float(group["brier_mean"]) == pytest.approx(np.nanmean(values), abs=1e-6)
    assert float(group["brier_mean_lower"]) < float(group["brier_median_upper"])


def test_a_new_metric_is_on_the_page_and_explained(found):
    text = page(found, {})
    assert html.escape(BRIER.reading) in text
    means = [summaries[-1].brier_mean for summaries in found.summaries().values()]
    shown = text[text.index("groups-table") :]
    assert f"<b>{min(means):.3f}</b>" in shown
    assert f"{max(means):.3f}" in shown
    assert "calibration error and Brier score are in" in text


def test_pairs_are_compared_by_a_new_metric_that_says_so(monkeypatch):
    compared = Metric(**{**vars(BRIER), "name": "brier", "is_compared": True})
    monkeypatch.setitem(METRICS, "brier", compared)
    found = evaluation(4, ["a", "b"])
    (pair,) = found.comparisons()
    metrics = [result.metrics.brier for result in found.results]
    np.testing.assert_allclose(pair.differences["brier"].difference, metrics[0] - metrics[1])
    assert (pair.differences["brier"].p < 1).all()
    assert "Brier score" in medians(found).splitlines()[1]


def test_a_metric_that_is_none_is_no_attribute(found):
    with pytest.raises(AttributeError, match="Metrics has no 'accuracy'"):
        _ = found.results[0].metrics.accuracy
    with pytest.raises(AttributeError, match="GroupSummary has no 'roc_auc_mode'"):
        _ = found.summaries()["a"][0].roc_auc_mode
