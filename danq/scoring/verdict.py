"""What ``danq evaluate`` found about the models that score."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danq.errors import InputError, printable, quoted, reading
from danq.paths import StrPath
from danq.scoring.scorers.scorer import Scorer

logger = logging.getLogger(__name__)

OUTCOMES = ("better", "worse", "unclear", "untested")
_FORMAT = 1
_MOST_BYTES = 16 << 20
_LONGEST_SENTENCE = 2000


@dataclass(frozen=True)
class Said:
    """What was found about one network and one linear model of k-mers, also in words."""

    outcome: str
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """What was found about the models that score, and what must be known to read it."""

    verdicts: Sequence[Said] = ()
    notes: Sequence[str] = ()

    def log(self) -> None:
        """Log every sentence, as a warning where a network is not shown to be better."""
        for said in self.verdicts:
            level = logging.INFO if said.outcome == "better" else logging.WARNING
            logger.log(level, "%s", said.sentence)
        for note in self.notes if self.verdicts else ():
            logger.info("%s", note)


def read_verdict(path: StrPath, scorers: Sequence[Scorer]) -> Verdict:
    """Read ``verdict.json`` of ``danq evaluate``, which must speak of each model that scores."""
    content = _content(Path(path))
    found = []
    for scorer in scorers:
        own = [
            Said(entry["outcome"], printable(entry["sentence"]))
            for entry in content["verdicts"]
            if scorer.checksum and entry["model_checksum"] == scorer.checksum
        ]
        if not own:
            raise InputError(
                f"says nothing about {scorer.source}, expected a verdict on that very network",
                path=path,
            )
        found += own
    return Verdict(found, [printable(note) for note in content["notes"]])


def _content(path: Path) -> dict[str, Any]:
    """Read the file and see that it is what `danq evaluate` writes."""
    wrong = InputError("is not a verdict.json of danq evaluate", path=path)
    with reading(path), open(path, "rb") as file:
        text = file.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        raise wrong
    try:
        content = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(content, dict):
        raise wrong
    if content.get("format") != _FORMAT:
        raise InputError(
            f"found format {quoted(content.get('format'))}, expected {_FORMAT}", path=path
        )
    entries, notes = content.get("verdicts"), content.get("notes")
    if not (
        isinstance(entries, list)
        and all(map(_is_entry, entries))
        and isinstance(notes, list)
        and all(map(_is_sentence, notes))
    ):
        raise wrong
    return content


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("outcome") in OUTCOMES
        and _is_sentence(entry.get("sentence"))
        and isinstance(entry.get("model_checksum", 0), str | None)
    )


def _is_sentence(value: Any) -> bool:
    """Return whether a value is text that fits a terminal and a page."""
    return isinstance(value, str) and len(value) <= _LONGEST_SENTENCE
