"""Damaged configs end in sentences, from the file to the contradictions within."""

import yaml

from danq.config.problems import problems, read_config
from danq.config.template import TEMPLATE
from tests.config.conftest import ROOT
from tests.fuzz.mutations import mutate

TEXTS = [TEMPLATE.read_bytes(), (ROOT / "config" / "deepsea.yaml").read_bytes()]


def test_damaged_configs_end_in_sentences(tmp_path, monkeypatch, fuzz):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "damaged.yaml"

    def case(random):
        path.write_bytes(mutate(TEXTS[random.integers(len(TEXTS))], random))
        found = problems(read_config(path))
        assert found, "the files do not exist"
        assert all(len(sentence) < 600 and sentence.isprintable() for sentence in found), found

    fuzz(case)


def test_values_of_any_kind_end_in_sentences(tmp_path, monkeypatch, fuzz):
    monkeypatch.chdir(tmp_path)
    values = [None, True, 7, -1, 1e300, float("nan"), "", "x" * 5000, "\0", [], {}, [[1]], {1: 2}]
    texts = [yaml.safe_load(text) for text in TEXTS]

    def case(random):
        config = yaml.safe_load(yaml.safe_dump(texts[random.integers(len(texts))]))
        section, key = config, None
        while key is None or (isinstance(section[key], dict) and random.random() < 0.7):
            section = config if key is None else section[key]
            key = list(section)[random.integers(len(section))]
        section[key] = values[random.integers(len(values))]
        found = problems(config)
        assert all(len(sentence) < 600 and sentence.isprintable() for sentence in found), found

    fuzz(case)
