"""The options of scoring: keywords of functions, and the one value that they become."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypedDict

from danq.errors import InputError, quoted, suggestion
from danq.genome.reference import Reference
from danq.models import PRECISIONS
from danq.outputs import listed
from danq.paths import StrPath
from danq.ranges import BATCH_SIZE
from danq.scoring.e_values.background_file import Background


class Keywords(TypedDict, total=False):
    """Keywords of every function that scores, `danq.background` among them."""

    targets: Sequence[str] | None
    batch_size: int | None
    precision: str
    ref_mismatch: str
    progress: bool | None


class ScoreKeywords(Keywords, total=False):
    """Those of functions that judge scores by a background."""

    background: StrPath | Background | None


class FileKeywords(ScoreKeywords, total=False):
    """Those of functions that write files."""

    info: str | Sequence[str] | None
    drop_samples: bool
    verdict: StrPath | None
    scores: StrPath | None
    summary: StrPath | None
    plot: StrPath | None
    top_table: StrPath | None


_PATH = (str, os.PathLike)
_PATHS = (_PATH, "a path")
_SWITCH = ((bool,), "True or False")
_LIST = (list, tuple)
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "genome": ((*_PATH, Reference), "a path or a danq.genome.Reference"),
    "background": ((*_PATH, Background), "a path or a danq.scoring.Background"),
    "info": ((str, *_LIST), "a word or a list of words"),
    "targets": (_LIST, "a list of names"),
    "alleles": ((Iterable,), "a list of alleles"),
    "piece": ((str,), "text such as 2/8"),
    "pieces": (_LIST, "a list of folders"),
    "progress": ((bool,), "True, False or None"),
    **dict.fromkeys(("vcf", "output", "a piece"), _PATHS),
    **dict.fromkeys(("verdict", "scores", "summary", "plot", "top_table"), _PATHS),
    **dict.fromkeys(("drop_samples", "resume", "snvs_only"), _SWITCH),
    **dict.fromkeys(("a name in targets", "a word in info"), ((str,), "text")),
}
"""What arguments may be, by their names."""


@dataclass(frozen=True)
class Options:
    """What a run is asked for: `FileKeywords` with their defaults (`danq.score` describes them)."""

    targets: Sequence[str] | None = None
    batch_size: int | None = None
    precision: str = "float32"
    ref_mismatch: str = "error"
    progress: bool | None = None
    background: StrPath | Background | None = None
    info: str | Sequence[str] | None = None
    drop_samples: bool = False
    verdict: StrPath | None = None
    scores: StrPath | None = None
    summary: StrPath | None = None
    plot: StrPath | None = None
    top_table: StrPath | None = None

    def __post_init__(self) -> None:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        check_types(**{name: value for name, value in given.items() if value is not None})
        for kind, words in (("a name in targets", self.targets), ("a word in info", self.info)):
            for word in words or ():
                check_types(**{kind: word})
        if self.batch_size is not None:
            BATCH_SIZE.check("batch_size", self.batch_size)
        for name, choices in (("precision", PRECISIONS), ("ref_mismatch", ("error", "skip"))):
            if given[name] not in choices:
                expected = listed(map(quoted, choices))
                raise InputError(f"found {name} {quoted(given[name])}, expected {expected}")

    @classmethod
    def of(cls, function: str, keywords: Mapping[str, Any], known: type) -> Self:
        """Return a function's keywords as one value.

        TypeError when one is not in the TypedDict `known`, InputError when its type or value is
        wrong.
        """
        names = known.__annotations__
        for name in keywords:
            if name not in names:
                meant = suggestion(name, names)
                raise TypeError(f"{function}() found the keyword {quoted(name)}{meant}")
        return cls(**keywords)

    def files(self, output: StrPath | None) -> dict[str, StrPath]:
        """Return what is written, by the keys of `danq.scoring.outputs.writers.FILES`."""
        named = {name: getattr(self, name) for name in ("scores", "summary", "plot", "top_table")}
        return {
            kind: path for kind, path in {**named, "output": output}.items() if path is not None
        }


def check_types(**values: object) -> None:
    """Refuse arguments of other types than their names say, in one sentence."""
    for name, value in values.items():
        kinds, expected = _KINDS.get(name, ((object,), ""))
        if not isinstance(value, kinds):
            raise InputError(f"found {name} of type {type(value).__name__}, expected {expected}")
