import numpy as np
import pytest

from danq.evaluation import Evaluation, ModelResult, per_target
from danq.evaluation.curves import target_curves
from danq.evaluation.plot_comparison import comparison_figure
from danq.evaluation.plot_curves import curves_figure
from danq.evaluation.plot_style import model_looks, save, shortened


def evaluation(targets, models, groups=("motif", "grammar"), undefined=()):
    rng = np.random.default_rng(targets)
    labels = (rng.random((200, targets)) < 0.3).astype(np.uint8)
    labels[0] = 1
    labels[:, list(undefined)] = 0
    results = []
    for model in models:
        predictions = (labels + rng.normal(size=labels.shape)).astype(np.float32)
        roc, pr = (target_curves(labels, predictions, kind=kind) for kind in ("roc", "pr"))
        results.append(ModelResult(model, per_target(labels, predictions), roc, pr))
    names = [f"T{i}" for i in range(targets)]
    return Evaluation("test", names, [groups[i % len(groups)] for i in range(targets)], results)


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


def test_comparison_of_many_targets_counts_those_won():
    found = evaluation(50, ["a", "b"], undefined=[7])
    scores = np.array([result.metrics.roc_auc for result in found.results])
    best = int(np.nanmedian(scores, axis=1).argmax())
    won = np.nanmean(np.delete(scores[best] > scores[1 - best], 7))
    assert f"above the diagonal:\n{won:.1%} of 49 targets" in texts(comparison_figure(found))


def test_comparison_of_one_model_and_many_targets_is_by_group():
    axes = comparison_figure(evaluation(50, ["a"])).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["motif", "grammar"]
    assert axes.yaxis_inverted()


@pytest.mark.parametrize("targets", [3, 50])
@pytest.mark.parametrize("models", [["a"], ["a", "b"]])
def test_nothing_defined_still_draws(targets, models, tmp_path):
    found = evaluation(targets, models, undefined=range(targets))
    save(curves_figure(found, "roc"), tmp_path / "roc")
    save(curves_figure(found, "pr"), tmp_path / "pr")
    save(comparison_figure(found), tmp_path / "comparison")
    assert len(list(tmp_path.iterdir())) == 6


def test_files_have_the_same_bytes_every_time(tmp_path):
    found = evaluation(2, ["a_$x$", "b"])
    for name in ("one", "two"):
        save(curves_figure(found, "pr"), tmp_path / name)
    for suffix in ("png", "svg"):
        one, two = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
        assert one == two
    assert ">a_$x$<" in (tmp_path / "one.svg").read_text()


def test_floor_is_grey_and_models_keep_their_colours():
    colours = [look.colour for look in model_looks(["danq", "kmer", "deepsea"])]
    assert colours == ["#0072B2", "#8A8A8A", "#D55E00"]


def test_long_names_lose_their_middle():
    assert shortened("ETS-RUNX_within_60", 9) == "ETS-…n_60"
    assert shortened("CTCF", 9) == "CTCF"
