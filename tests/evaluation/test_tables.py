"""Tables as text and as Parquet."""

import csv
import io
import math

import numpy as np
import pyarrow.parquet as pq
import pytest

from danq.evaluation import (
    Evaluation,
    ModelResult,
    comparison_groups_table,
    comparison_table,
    groups_table,
    measure,
    metrics_table,
    reliability_table,
)
from danq.evaluation.statistics.calibration import BINS
from danq.models.published import published_targets
from tests.evaluation.scored import evaluation, scored

TABLES = [
    metrics_table,
    groups_table,
    comparison_table,
    comparison_groups_table,
    reliability_table,
]


def rows(table):
    return list(csv.DictReader(io.StringIO(table.text()), delimiter="\t"))


@pytest.mark.parametrize("make", TABLES)
@pytest.mark.parametrize("models", [["a"], ["a", "b", "kmer"]])
@pytest.mark.parametrize("resamples", [0, 50])
def test_text_and_parquet_hold_the_same(make, models, resamples, tmp_path):
    table = make(evaluation(4, models, undefined=[1], resamples=resamples))
    table.write(tmp_path / "t")
    assert (tmp_path / "t.tsv").read_text() == table.text()
    typed = pq.read_table(tmp_path / "t.parquet")
    texts = rows(table)
    assert typed.column_names == table.text().split("\n")[0].split("\t")
    assert typed.num_rows == len(texts)
    for name in typed.column_names:
        for text, value in zip((row[name] for row in texts), typed[name].to_pylist(), strict=True):
            if text == "NA":
                assert value is None
            elif isinstance(value, float):
                assert float(text) == pytest.approx(value, rel=1e-2, abs=1e-6)
            else:
                assert text == str(value)
    kinds = {name: str(typed.schema.field(name).type) for name in typed.column_names}
    assert {kinds[name] for name in kinds if name in ("model", "target", "group")} <= {"string"}
    assert {kinds[name] for name in kinds if name in ("windows", "positives", "won")} <= {"int64"}
    assert {kind for name, kind in kinds.items() if "auc" in name} <= {"double"}


def test_metrics_begin_with_the_columns_of_old_and_hold_all_figures():
    found = evaluation(4, ["a", "kmer"], undefined=[1])
    table = metrics_table(found)
    begin = ("model", "target", "group", "windows", "positives", "roc_auc", "pr_auc")
    assert tuple(table.columns)[:7] == begin
    first, second, *_ = rows(table)
    metrics, resamples = found.results[0].metrics, found.results[0].resamples
    for name in ("roc_auc", "pr_auc", "recall_at_fdr50", "calibration_error"):
        assert float(first[name]) == pytest.approx(getattr(metrics, name)[0], abs=1e-6)
        lower = resamples.intervals[name].lower[0]
        assert float(first[f"{name}_lower"]) == pytest.approx(lower, abs=1e-6)
        assert second[name] == second[f"{name}_upper"] == "NA"
        assert name not in ("calibration_error",) or rows(table)[4][name] == "NA"
    assert float(first["pr_auc_baseline"]) == pytest.approx(metrics.positives[0] / 200)


def test_groups_hold_averages_and_their_intervals():
    found = evaluation(4, ["a"], undefined=[1])
    *_, last = rows(groups_table(found))
    assert (last["group"], last["targets"]) == ("all", "3")
    summary = found.summaries()["a"][-1]
    assert float(last["roc_auc_mean"]) == pytest.approx(summary.roc_auc_mean, abs=1e-6)
    assert float(last["pr_auc_baseline_median"]) == pytest.approx(
        np.median(found.results[0].metrics.positive_rate[[0, 2, 3]]), abs=1e-6
    )
    for name in ("pr_auc_median", "calibration_error_mean"):
        bounds = summary.intervals[name]
        assert float(last[f"{name}_lower"]) == pytest.approx(float(bounds.lower), abs=1e-6)
        assert float(last[f"{name}_upper"]) == pytest.approx(float(bounds.upper), abs=1e-6)


def test_papers_means_follow_where_the_targets_are_deepseas():
    names, groups = published_targets("deepsea")
    found = measure(*scored(40, [0.4] * 919), groups=groups)
    result = ModelResult("mine", found.metrics, found.roc, found.pr)
    table = rows(groups_table(Evaluation("test", names, groups, [result])))
    assert len(table) == 4 + 3 * 4
    danq = {row["group"]: row for row in table if row["model"] == "DanQ (published)"}
    assert (danq["TF"]["targets"], danq["all"]["targets"]) == ("689", "918")
    assert float(danq["histone"]["pr_auc_mean"]) == 0.385
    assert danq["all"]["roc_auc_median"] == danq["all"]["roc_auc_mean_lower"] == "NA"
    assert len(rows(groups_table(Evaluation("valid", names, groups, [result])))) == 4
    other = rows(groups_table(Evaluation("test", names[1:] + names[:1], groups, [result])))
    assert len(other) == 4


def test_comparison_has_every_pair_and_target():
    found = evaluation(3, ["a", "b", "kmer"])
    table = rows(comparison_table(found))
    assert [(row["model_a"], row["model_b"]) for row in table[::3]] == [
        ("a", "b"),
        ("a", "kmer"),
        ("b", "kmer"),
    ]
    row = table[4]
    assert row["target"] == "T1"
    difference = float(row["pr_auc_a"]) - float(row["pr_auc_b"])
    assert float(row["pr_auc_difference"]) == pytest.approx(difference, abs=2e-6)
    pair = found.comparisons()[1].differences["pr_auc"]
    assert float(row["pr_auc_p_holm"]) == pytest.approx(pair.p_holm[1], rel=1e-2)
    by_group = rows(comparison_groups_table(found))
    assert len(by_group) == 3 * 2 * 3
    assert {row["metric"] for row in by_group} == {"roc_auc", "pr_auc"}
    assert all(
        math.isclose(float(row["share_won"]), int(row["won"]) / int(row["targets"]), abs_tol=1e-6)
        for row in by_group
    )


def test_single_model_has_headings_only(tmp_path):
    table = comparison_table(evaluation(3, ["a"]))
    assert table.text().startswith("model_a\tmodel_b\ttarget\tgroup\troc_auc_a\t")
    assert table.text().count("\n") == 1
    assert list(table.columns) == list(comparison_table(evaluation(3, ["a", "b"])).columns)


def test_reliability_has_the_bins_of_groups_and_targets():
    found = evaluation(4, ["a", "kmer"], undefined=[1])
    table = rows(reliability_table(found))
    assert {row["model"] for row in table} == {"a"}
    pooled = [row for row in table if row["target"] == "NA"]
    assert [row["group"] for row in pooled[::BINS]] == ["motif", "grammar", "all"]
    assert sum(int(row["windows"]) for row in pooled[-BINS:]) == 3 * 200
    one = [row for row in table if row["target"] == "T2"]
    assert len(one) == BINS
    reliability = found.results[0].metrics.reliability.of(2)
    assert [int(row["windows"]) for row in one] == reliability.windows.tolist()
    filled = int(reliability.windows.argmax())
    assert float(one[filled]["observed"]) == pytest.approx(reliability.observed[filled], abs=1e-6)
    low, high = (float(one[filled][f"observed_{side}"]) for side in ("lower", "upper"))
    assert low < float(one[filled]["observed"]) < high
