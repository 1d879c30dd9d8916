import base64
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from danq.evaluation import Evaluation, ModelResult, measure
from danq.evaluation.published_figures import PUBLISHED
from danq.evaluation.report.page import page
from danq.models.published import published_targets
from tests.evaluation.scored import evaluation, scored


class Balanced(HTMLParser):
    """Collect text by row and check that every element closes."""

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.bold = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in {"td", "th", "b"} and "tr" in self.open:
            self.rows[-1].append(data)
            if self.open[-1] == "b":
                self.bold.append(data)


def parse(text):
    parser = Balanced()
    parser.feed(text)
    parser.close()
    assert not parser.open
    return parser


@pytest.fixture
def small():
    """Two targets, the second without positives; the first model ranks the first one better."""
    labels = np.zeros((10, 2), np.uint8)
    labels[:3, 0] = 1
    rows = np.linspace(0.9, 0.1, 10, dtype=np.float32)
    results = []
    for name, swapped, scale in (("a&b", 3, 1), ("kmer", 9, 2)):
        predictions = np.stack([rows, rows], axis=1) * scale
        predictions[[2, swapped]] = predictions[[swapped, 2]]
        found = measure(labels, predictions)
        results.append(ModelResult(name, found.metrics, found.roc, found.pr))
    return Evaluation("test", ["CTCF", "<REST>"], ["TF", "TF"], results)


def test_tables_hold_every_model_side_by_side(small):
    rows = parse(page(small, {})).rows
    one, other = (result.metrics for result in small.results)
    scores = [
        f"{value:.3f}"
        for pair in ("roc_auc", "pr_auc", "recall_at_fdr50")
        for value in (getattr(one, pair)[0], getattr(other, pair)[0])
    ]
    error = f"{one.calibration_error[0]:.3f}"
    assert ["CTCF", "TF", "3", "0.300", *scores, error, "NA"] in rows
    assert ["<REST>", "TF", "0", "0.000", *["NA"] * 8] in rows
    assert ["TF", "a&b", "1", *scores[:3:2], "0.300", scores[4], error, *scores[:3:2]] in rows
    assert ["TF", "kmer", "1", *scores[1:4:2], "0.300", scores[5], "NA", *scores[1:4:2]] in rows


def test_best_of_a_row_is_bold(small):
    bold = parse(page(small, {})).bold
    best = [small.results[0].metrics.roc_auc[0], small.results[0].metrics.pr_auc[0]]
    assert bold[:2] == [f"{value:.3f}" for value in best]
    # Of the baseline's scores, which are not probabilities, no error is told, so that none is best.
    assert f"{small.results[0].metrics.calibration_error[0]:.3f}" not in bold


def test_page_explains_itself_and_loads_nothing(small):
    text = page(small, {"roc_curves": b"<svg></svg>"})
    parse(text)
    assert "10 windows" in text
    assert "baseline, a linear model of 5-mer frequencies" in text
    assert "://" not in text
    data = base64.b64encode(b"<svg></svg>").decode()
    assert text.count("src=") == text.count(f'src="data:image/svg+xml;base64,{data}"') == 1
    assert "None were asked for" in text
    assert "no baseline" not in text.lower()


def test_intervals_and_pairs_are_shown():
    found = evaluation(3, ["a", "b"])
    text = page(found, {})
    parse(text)
    bounds = found.summaries()["a"][-1].intervals["roc_auc_mean"]
    assert f"<small>{float(bounds.lower):.3f} to {float(bounds.upper):.3f}</small>" in text
    group = found.comparisons()[0].differences["roc_auc"].groups[-1]
    assert f">{group.mean:+.4f}<small>{float(group.interval.lower):+.4f} to" in text
    assert f">{group.share:.1%}</td>" in text
    assert "50 resamples of the 30 contig blocks of 1,000,000 bases" in text
    assert "No baseline was asked for" in text
    assert "Published figures" not in text


@pytest.mark.parametrize(("resamples", "tested"), [(0, False), (50, True)])
def test_significance_is_spoken_of_where_it_was_tested(resamples, tested):
    found = evaluation(3, ["a", "b"], resamples=resamples)
    text = page(found, {"scatter": b"<svg></svg>"})
    assert ("Filled dots differ significantly" in text) == tested
    assert ("not a sign of significance" in text) != tested
    assert ("after Holm" in text) == tested
    last = next(row for row in parse(text).rows if "a − b" in row)
    assert (last[-2:] == ["NA", "NA"]) != tested


@pytest.mark.parametrize(
    ("split", "said"),
    [("train", "have seen these windows"), ("valid", "somewhat too high"), ("test", None)],
)
def test_windows_that_models_have_seen_are_told(small, split, said):
    text = page(replace(small, split=split), {})
    # One note is of the resamples, which were not asked for.
    assert text.count("Note:") == 1 + (said is not None)
    assert said is None or said in text


def test_single_model_has_no_pairs():
    text = page(evaluation(3, ["a"]), {"scatter": b"<svg></svg>"})
    assert "Pairs of models" not in text
    assert "src=" not in text


def test_papers_means_stand_beside_a_run_on_their_targets():
    names, groups = published_targets("deepsea")
    labels, predictions = scored(40, [0.4] * 919)
    found = measure(labels, predictions, groups=groups)
    result = ModelResult("mine", found.metrics, found.roc, found.pr)
    text = page(Evaluation("test", names, groups, [result]), {})
    rows = parse(text).rows
    for network, figures in PUBLISHED.items():
        for values in figures.values():
            shown = [f"{network}, published", f"{values.roc_auc:.4f}", f"{values.pr_auc:.4f}"]
            assert any(row[-3:] == shown for row in rows)
    assert "94.1%" in text
    assert page(Evaluation("test", names[::-1], groups, [result]), {}).count("Quang") == 0
