from html.parser import HTMLParser

import numpy as np
import pytest

from danq.evaluation import Evaluation, Metrics, ModelResult
from danq.evaluation.page import page


def result(name, roc, pr):
    roc, pr = np.array(roc), np.array(pr)
    return ModelResult(
        name, Metrics(10, np.array([3, 0]), roc, pr), roc=[None] * len(roc), pr=[None] * len(roc)
    )


class Balanced(HTMLParser):
    """Collect text by row and check that every element closes."""

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.bold = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
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


@pytest.fixture
def parsed():
    evaluation = Evaluation(
        "test",
        ["CTCF", "<REST>"],
        ["TF", "TF"],
        [
            result("a&b", [0.9, np.nan], [0.25, np.nan]),
            result("kmer", [0.7, np.nan], [0.5, np.nan]),
        ],
    )
    text = page(evaluation)
    parser = Balanced()
    parser.feed(text)
    parser.close()
    assert not parser.open
    return text, parser


def test_tables_hold_every_model_side_by_side(parsed):
    _, parser = parsed
    assert ["TF", "1", "0.900", "0.700", "0.250", "0.500"] in parser.rows
    assert ["all", "1", "0.900", "0.700", "0.250", "0.500"] in parser.rows
    assert ["CTCF", "TF", "3", "0.900", "0.700", "0.250", "0.500"] in parser.rows
    assert ["<REST>", "TF", "0", "NA", "NA", "NA", "NA"] in parser.rows
    assert ["a&b", "kmer", "a&b", "kmer"] in parser.rows


def test_best_of_a_row_is_bold(parsed):
    _, parser = parsed
    assert parser.bold == ["0.900", "0.500"] * 3


def test_page_explains_itself_and_loads_nothing(parsed):
    text, _ = parsed
    assert "10 windows" in text
    assert "floor" in text
    assert "http" not in text
    assert "src=" not in text
