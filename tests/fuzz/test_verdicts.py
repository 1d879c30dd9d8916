"""Damaged verdicts on models: what is read stands in the file, or one sentence says why not."""

import json

from danq.scoring.scorers.scorer import Scorer
from danq.scoring.verdict import OUTCOMES, read_verdict
from tests.fuzz.mutations import mutate, substitute

CHECKSUMS = ("0a" * 32, "1b" * 32)
WORDS = "DanQ ranks windows better than 5-mers: median ROC AUC .91 against .84, p = .003"


def content():
    verdicts = [
        {"model": name, "model_checksum": checksum, "outcome": outcome, "sentence": WORDS}
        for name, checksum, outcome in zip("ab", CHECKSUMS, OUTCOMES, strict=False)
    ]
    return {"format": 1, "split": "test", "blocks": None, "notes": [WORDS], "verdicts": verdicts}


def test_damaged_verdicts(fuzz, tmp_path):
    path = tmp_path / "verdict.json"
    scorers = [Scorer(lambda: None, 8, ["t"], "net.keras", one) for one in CHECKSUMS]

    def case(random):
        text = json.dumps(substitute(content(), random) if random.integers(2) else content())
        path.write_bytes(mutate(text.encode(), random) if random.integers(2) else text.encode())
        found = read_verdict(path, scorers)
        damaged = json.loads(path.read_bytes())
        listed = [(one["outcome"], one["sentence"]) for one in damaged["verdicts"]]
        assert len(found.verdicts) >= len(scorers)
        for said in found.verdicts:
            assert said.outcome in OUTCOMES
            assert said.sentence.isprintable()
            assert any(said.outcome == outcome for outcome, _ in listed)
        assert len(found.notes) == len(damaged["notes"])
        assert all(note.isprintable() for note in found.notes)

    fuzz(case)
