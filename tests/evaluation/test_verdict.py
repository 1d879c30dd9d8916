"""The verdict: whether a network beats the linear models of k-mers."""

import json
from dataclasses import replace

import numpy as np
import pytest

from danq.evaluation.results import ModelFile, Provenance
from danq.evaluation.statistics.genome_blocks import Bootstrap
from danq.evaluation.verdict import notes, p_number, verdict_json, verdicts
from tests.evaluation.scored import evaluation


@pytest.mark.parametrize(
    ("skill", "outcome", "words"),
    [
        (3, "better", "net is better than the linear model of 5-mer frequencies (kmer)"),
        (1, "unclear", "net is not shown to be better than the linear model"),
        (-1, "worse", "net is worse than the linear model"),
    ],
)
@pytest.mark.parametrize("models", [["net", "kmer"], ["kmer", "net"]])
def test_a_network_is_better_worse_or_neither(models, skill, outcome, words):
    found = evaluation(6, models, skills={"net": skill})
    (verdict,) = verdicts(found)
    assert (verdict.model, verdict.baseline, verdict.outcome) == ("net", "kmer", outcome)
    assert verdict.sentence.startswith(words)
    metrics = {result.model: result.metrics.roc_auc for result in found.results}
    assert verdict.median == pytest.approx(np.median(metrics["net"]))
    assert verdict.baseline_median == pytest.approx(np.median(metrics["kmer"]))
    difference = np.mean(metrics["net"] - metrics["kmer"])
    assert verdict.difference == pytest.approx(difference)
    assert verdict.lower < difference < verdict.upper
    assert (verdict.p < 0.05) == (outcome != "unclear")
    for part in (f"{verdict.median:.3f} against {verdict.baseline_median:.3f}", "6 targets"):
        assert part in verdict.sentence
    assert "30 blocks" in verdict.sentence


def test_every_network_is_held_against_every_baseline():
    found = verdicts(evaluation(3, ["a", "b", "kmer", "gapped-kmer"]))
    pairs = [(verdict.model, verdict.baseline) for verdict in found]
    assert pairs == [("a", "kmer"), ("a", "gapped-kmer"), ("b", "kmer"), ("b", "gapped-kmer")]


@pytest.mark.parametrize(
    ("models", "options", "words"),
    [
        (["net"], {}, "net was not compared with a linear model of k-mers: none was evaluated."),
        (["net", "kmer"], {"resamples": 0}, "no p value"),
        (["net", "kmer"], {"undefined": range(3)}, "no target has both positive and negative"),
    ],
)
def test_what_was_not_tested_is_neither_better_nor_worse(models, options, words):
    (verdict,) = verdicts(evaluation(3, models, **options))
    assert verdict.outcome == "untested"
    assert words in verdict.sentence
    assert verdict.p is None


@pytest.mark.parametrize(
    ("p", "shown"), [(5.6e-35, "< 0.0001"), (0, "< 0.0001"), (0.0034, "0.0034"), (1, "1")]
)
def test_p_values_promise_no_more_than_blocks_can_tell(p, shown):
    assert p_number(p) == shown


@pytest.mark.parametrize(
    ("bootstrap", "words"),
    [
        (None, "No resamples were asked for"),
        (Bootstrap(50, 200_000, 25, True, 0), "may be too narrow, and p values too small"),
        (Bootstrap(50, 1_000_000, 7, True, 0), "only 7 blocks of 1,000,000 bases, too few"),
        (Bootstrap(50, 1_000_000, 25, True, 0), None),
    ],
)
def test_blocks_that_promise_too_much_are_a_note(bootstrap, words):
    found = notes(replace(evaluation(3, ["net"]), bootstrap=bootstrap))
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


def test_verdicts_as_json_name_the_model_files():
    files = (ModelFile("net", "m/net.keras", "0a1b"),)
    provenance = Provenance("2026-01-02T03:04+00:00", "d.h5", None, None, files)
    found = evaluation(3, ["net", "kmer"], skills={"net": -1}, undefined=[1])
    content = json.loads(verdict_json(replace(found, provenance=provenance)))
    assert content["windows"] == 200
    assert content["blocks"] == 30
    (verdict,) = content["verdicts"]
    assert verdict["model_checksum"] == "0a1b"
    assert verdict["outcome"] == "worse"
    assert verdict["targets"] == 2
    assert verdict["sentence"].startswith("net is worse than")
