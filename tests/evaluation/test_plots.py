import numpy as np
import pytest

from danq.evaluation.report.plot_comparison import comparison_figure
from danq.evaluation.report.plot_curves import curves_figure
from danq.evaluation.report.plot_reliability import reliability_figure
from danq.evaluation.report.plot_scatter import scatter_figure
from danq.evaluation.report.plot_style import bars, model_looks
from danq.evaluation.statistics.bootstrap import Interval
from danq.plotting import save, shortened
from tests.evaluation.scored import evaluation


def texts(figure):
    from matplotlib.text import Text

    return {text.get_text() for text in figure.findobj(Text)}


@pytest.mark.parametrize("kind", ["roc", "pr"])
def test_few_targets_have_a_panel_each_with_every_score(kind):
    found = evaluation(5, ["deepsea", "danq", "kmer"], undefined=[2])
    drawn = texts(curves_figure(found, kind))
    assert {"T0", "T1", "T2", "T3", "T4", "deepsea", "danq", "kmer", "chance"} <= drawn
    assert "no positive window" in drawn
    for result in found.results:
        scores = result.metrics.roc_auc if kind == "roc" else result.metrics.pr_auc
        assert {f"{score:.3f}" for score in scores if not np.isnan(score)} <= drawn


@pytest.mark.parametrize("kind", ["roc", "pr"])
def test_many_targets_are_drawn_by_group_and_model(kind):
    found = evaluation(30, ["deepsea", "danq"], undefined=[0])
    drawn = texts(curves_figure(found, kind))
    assert {"motif", "grammar", "all", "deepsea", "danq"} <= drawn
    scores = found.results[0].metrics
    median = np.nanmedian(scores.roc_auc if kind == "roc" else scores.pr_auc)
    assert f"median {median:.3f}\n29 targets" in drawn


def test_many_groups_are_drawn_together():
    drawn = texts(curves_figure(evaluation(30, ["danq"], [f"g{i}" for i in range(10)]), "roc"))
    assert "all" in drawn
    assert "g0" not in drawn


def test_comparison_of_few_targets_names_them_best_first_within_groups():
    found = evaluation(6, ["danq", "kmer"], undefined=[3])
    axes = comparison_figure(found).axes[0]
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels[0] == "motif"
    assert labels[4] == "grammar"
    assert labels[7] == "T3 (NA)"
    best = np.max([result.metrics.roc_auc for result in found.results], axis=0)
    shown = [best[int(label[1:])] for label in labels[1:4]]
    assert shown == sorted(shown, reverse=True)


def test_comparison_of_few_targets_draws_intervals():
    found = evaluation(6, ["danq", "kmer"])
    axes = comparison_figure(found).axes[0]
    drawn = [segment for lines in axes.collections for segment in _segments(lines)]
    bounds = found.results[0].resamples.intervals["roc_auc"]
    for lower, upper in zip(bounds.lower, bounds.upper, strict=True):
        assert any(np.allclose(segment[:, 0], [lower, upper]) for segment in drawn)


def _segments(collection):
    return collection.get_segments() if hasattr(collection, "get_segments") else []


def test_comparison_of_many_targets_is_by_group():
    found = evaluation(50, ["a", "kmer"], undefined=[7])
    figure = comparison_figure(found)
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["motif", "grammar", "all"]
    assert axes.yaxis_inverted()
    means = {line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1}
    for summaries in found.summaries().values():
        assert {summary.roc_auc_mean for summary in summaries} <= means
    assert {"a", "kmer"} <= texts(figure)


@pytest.mark.parametrize("targets", [6, 120])
def test_scatter_counts_the_targets_that_the_best_model_wins(targets):
    found = evaluation(targets, ["a", "b", "kmer"], undefined=[2])
    scores = np.array([result.metrics.roc_auc for result in found.results])
    best = int(np.nanmean(scores, axis=1).argmax())
    figure = scatter_figure(found)
    assert len(figure.axes) == 4
    for other in range(3):
        if other == best:
            continue
        won = np.mean(np.delete(scores[best] > scores[other], 2))
        p = found.comparison(found.models[best], found.models[other]).differences["roc_auc"].p_holm
        above = ((p < 0.05) & (scores[best] > scores[other])).sum()
        below = ((p < 0.05) & (scores[best] < scores[other])).sum()
        assert (
            f"above: {won:.1%} of {targets - 1} targets\n"
            f"significant: {above} above, {below} below" in texts(figure)
        )
    assert found.models[best] in {axes.get_ylabel() for axes in figure.axes}


def test_scatter_draws_every_target_once():
    found = evaluation(30, ["a", "b"], undefined=[4])
    panel = scatter_figure(found).axes[0]
    dots = np.concatenate([np.ma.getdata(dots.get_offsets()) for dots in panel.collections])
    dots = dots[~np.isnan(dots).any(axis=1)]
    assert len(dots) == 29
    scores = np.array([result.metrics.roc_auc for result in found.results])
    assert np.isin(dots.round(12), scores.round(12)).all()


def test_scatter_of_two_models_has_its_panels_side_by_side():
    left, right = scatter_figure(evaluation(6, ["a", "b"])).axes
    assert (left.get_title(loc="left"), right.get_title(loc="left")) == ("ROC AUC", "PR AUC")
    assert left.get_position().x1 < right.get_position().x0


def test_scatter_of_one_model_says_so():
    assert any("the only model" in text for text in texts(scatter_figure(evaluation(5, ["a"]))))


def test_reliability_shows_the_error_of_models_that_predict_probabilities():
    found = evaluation(5, ["danq", "kmer"], undefined=[2])
    drawn = texts(reliability_figure(found))
    assert {"T0", "T4", "danq", "NA"} <= drawn
    assert "kmer" not in drawn
    errors = found.results[0].metrics.calibration_error
    assert {f"{error:.4f}" for error in errors if not np.isnan(error)} <= drawn


def test_reliability_of_many_targets_is_by_group():
    found = evaluation(30, ["danq"])
    drawn = texts(reliability_figure(found))
    assert {"motif", "grammar", "all"} <= drawn
    assert "T0" not in drawn
    assert f"{found.summaries()['danq'][0].calibration_error_mean:.4f}" in drawn
    assert any(text.endswith("15 bins, mean of the targets") for text in drawn)


def test_reliability_without_probabilities_says_so():
    drawn = texts(reliability_figure(evaluation(5, ["kmer"])))
    assert "No model predicts probabilities." in drawn


def test_bars_reach_from_a_figure_to_its_interval():
    found = Interval(np.array([0.1, 0.3, np.nan]), np.array([0.4, 0.5, np.nan]))
    np.testing.assert_allclose(bars(np.array([0.2, 0.2, 0.2]), found), [[0.1, 0, 0], [0.2, 0.3, 0]])


@pytest.mark.parametrize("targets", [3, 50])
@pytest.mark.parametrize("models", [["a"], ["a", "b"]])
@pytest.mark.parametrize("resamples", [0, 50])
def test_nothing_defined_still_draws(targets, models, resamples, tmp_path):
    found = evaluation(targets, models, undefined=range(targets), resamples=resamples)
    save(curves_figure(found, "roc"), tmp_path / "roc")
    save(curves_figure(found, "pr"), tmp_path / "pr")
    save(comparison_figure(found), tmp_path / "comparison")
    save(scatter_figure(found), tmp_path / "scatter")
    save(reliability_figure(found), tmp_path / "reliability")
    assert len(list(tmp_path.iterdir())) == 15


def test_files_have_the_same_bytes_every_time(tmp_path):
    found = evaluation(2, ["a_$x$", "b"])
    for name in ("one", "two"):
        save(curves_figure(found, "pr"), tmp_path / name)
    for suffix in ("png", "svg", "pdf"):
        one, two = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
        assert one == two
    assert ">a_$x$<" in (tmp_path / "one.svg").read_text()


def test_baseline_is_grey_and_models_keep_their_colours():
    colours = [look.colour for look in model_looks(["danq", "kmer", "deepsea"])]
    assert colours == ["#0072B2", "#8A8A8A", "#D55E00"]


def test_dozens_of_networks_can_be_told_apart_and_from_baselines():
    looks = model_looks([f"m{place}" for place in range(42)])
    assert len(set(looks)) == 42
    assert model_looks(["kmer"])[0].marker not in {look.marker for look in looks}


def test_numbers_above_a_reliability_panel_run_from_top_to_bottom():
    found = evaluation(1, [f"m{place}" for place in range(6)])
    drawn = reliability_figure(found).axes[0].texts
    assert [text.get_color() for text in drawn] == [
        look.colour for look in model_looks(found.models)
    ]
    heights = [text.get_position()[1] for text in drawn]
    assert heights[0] == heights[3] > heights[4] == heights[5]


def test_long_names_lose_their_middle():
    assert shortened("ETS-RUNX_within_60", 9) == "ETS-…n_60"
    assert shortened("CTCF", 9) == "CTCF"
