"""Which scores go into INFO: words of ``--info`` become fields."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from danq.errors import InputError, counted, quoted, suggestion
from danq.scoring.scorers.ensemble import Ensemble
from danq.scoring.scorers.measures import Scores
from danq.targets.names import ids
from danq.vcf.info import REASON, InfoField, described, encoded, number

WORDS = ("max", "sd", "functional", "groups", "all", "none")
_KEYWORDS = {"max": "logit", "sd": "sd", "functional": "e", "groups": "logit"}
"""Words that are not targets, each with the kind of score that it needs."""


@dataclass(frozen=True)
class _Kind:
    """A kind of score that a target can have in INFO."""

    quantity: str
    prefix: str
    description: str


_KINDS = {
    "logit": _Kind("logit", "DANQ_LOGIT", "Change of log2 odds"),
    "diff": _Kind("diff", "DANQ_DIFF", "Change of probability"),
    "sd": _Kind(
        "logit_sd", "DANQ_SD", "Standard deviation over the models of the change of log2 odds"
    ),
    "e": _Kind(
        "e_value", "DANQ_E", "Share of background variants whose score is at least as large"
    ),
}


def chosen_fields(
    words: str | Sequence[str] | None, ensemble: Ensemble, *, has_background: bool
) -> list[InfoField]:
    """Return the fields that words ask for, in their order, those of reasons last.

    A word is ``max`` (the largest absolute logit change and its target), ``sd`` (the models' spread
    there), ``functional`` (the functional score), ``groups`` (the largest change of each group), a
    target's name for its logit, ``logit:NAME``, ``diff:NAME``, ``sd:NAME`` or ``e:NAME`` (its
    E-value), ``all`` in place of a name for every target, or ``none``. The default is ``max`` and,
    with a background, ``functional``. Raises InputError when a word is none of these, or asks for
    what this run does not compute.
    """
    if words is None:
        words = ["max", "functional"] if has_background else ["max"]
    words = [words] if isinstance(words, str) else words
    if not words:
        raise InputError("found no word for INFO, expected some, or none to leave scores out")
    if "none" in words:
        if len(words) > 1:
            raise InputError("found none among other words for INFO, expected it alone")
        return [REASON]
    choice = _Choice(ensemble, has_background)
    fields = {field.name: field for word in words for field in choice.of(word)}
    return [*fields.values(), REASON]


class _Choice:
    """Turns one word into fields."""

    def __init__(self, ensemble: Ensemble, has_background: bool) -> None:
        self._ensemble = ensemble
        self._has_background = has_background
        self._ids = ids(ensemble.targets)
        self._places: dict[str, list[int]] = {}
        for place, (target, label) in enumerate(
            zip(ensemble.targets, ensemble.labels, strict=True)
        ):
            for name in {target, label, f"{target}#{place}"}:
                self._places.setdefault(name, []).append(place)

    def of(self, word: str) -> Iterator[InfoField]:
        """Yield the fields of a word."""
        if word in _KEYWORDS:
            kind, fields = _KEYWORDS[word], self._of_keyword(word)
        else:
            kind, name = self._parsed(word)
            places = range(len(self._ids)) if name == "all" else self._places[name]
            fields = (self._of_target(_KINDS[kind], place) for place in places)
        if kind == "e" and not self._has_background:
            raise InputError(
                f"found {quoted(word)} for INFO, expected a background to compute it from"
            )
        if kind == "sd" and len(self._ensemble.members) < 2:
            raise InputError(
                f"found {quoted(word)} for INFO, expected several models to compute it from"
            )
        yield from fields

    def _parsed(self, word: str) -> tuple[str, str]:
        """Cut a word into a kind of score and a target's name."""
        kind, colon, name = word.partition(":")
        if not colon or kind not in _KINDS or word in self._places:
            kind, name = "logit", word
        if name == "all" or name in self._places:
            return kind, name
        raise InputError(
            f"found {quoted(word)} for INFO, expected {', '.join(WORDS)} or a target"
            f"{suggestion(name, [*WORDS, *self._places])}"
        )

    def _of_keyword(self, word: str) -> Iterator[InfoField]:
        if word == "max":
            yield from largest_fields(self._ensemble.labels)
        elif word == "sd":
            yield _float(
                "DANQ_SD",
                "Standard deviation over the models of the change of log2 odds of DANQ_TARGET",
                "logit_sd",
                "best",
                of=lambda spread, best: np.take_along_axis(spread, best[:, None], axis=1)[:, 0],
            )
        elif word == "functional":
            yield _float(
                "DANQ_FUNC",
                "Functional score: geometric mean over the targets of the E-values of the scores",
                "functional",
            )
        else:
            yield from self._of_groups()

    def _of_groups(self) -> Iterator[InfoField]:
        groups = self._ensemble.groups
        named = zip(groups.names, ids(groups.names), groups.columns, strict=True)
        for place, (name, own, columns) in enumerate(named):
            yield _float(
                f"DANQ_GROUP_{own}",
                f"Change of log2 odds with the largest absolute value among the "
                f"{counted(len(columns), 'target')} of group {described(name)}",
                "group_logit",
                of=itemgetter((slice(None), place)),
            )

    def _of_target(self, kind: _Kind, place: int) -> InfoField:
        return _float(
            f"{kind.prefix}_{self._ids[place]}",
            f"{kind.description}, target {place}: {described(self._ensemble.targets[place])}",
            kind.quantity,
            of=itemgetter((slice(None), place)),
        )


def largest_fields(labels: Sequence[str]) -> list[InfoField]:
    """Return the fields of the largest absolute change, of its target, and of what it is there.

    `labels` are names of the targets, no two of them equal.
    """
    names = [encoded(label) for label in labels]
    return [
        _float(
            "DANQ_MAX",
            "Largest absolute change of log2 odds over the targets",
            "largest",
            of=np.abs,
        ),
        InfoField(
            "DANQ_TARGET",
            "String",
            "Target with the largest absolute change, percent-encoded; of several targets of one "
            "name, the name, # and the place from 0",
            frozenset(["best"]),
            lambda scores: [names[place] for place in scores["best"].tolist()],
        ),
        _float(
            "DANQ_LOGIT",
            "Change of log2 odds of DANQ_TARGET, ALT minus REF: positive where ALT raises it; "
            "DANQ_MAX is its absolute value",
            "largest",
        ),
        *(
            _float(
                f"DANQ_P_{allele}",
                f"Predicted probability of DANQ_TARGET with {allele}, mean over both strands and "
                "all models",
                f"best_p_{allele.lower()}",
            )
            for allele in ("REF", "ALT")
        ),
    ]


def _float(
    name: str, description: str, *reads: str, of: Callable[..., Any] = lambda values: values
) -> InfoField:
    """Declare a field whose value `of` takes from quantities, an array with one for each allele."""

    def values(scores: Scores) -> list[str]:
        return [number(value) for value in of(*(scores[name] for name in reads)).tolist()]

    return InfoField(name, "Float", description, frozenset(reads), values)
