"""The options of scoring: keywords of functions, and the one value that they become."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypedDict

from danq.errors import InputError, quoted
from danq.models import PRECISIONS
from danq.outputs import listed
from danq.paths import StrPath
from danq.ranges import BATCH_SIZE, check_keywords
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
        if self.batch_size is not None:
            BATCH_SIZE.check("batch_size", self.batch_size)
        for name, choices in (("precision", PRECISIONS), ("ref_mismatch", ("error", "skip"))):
            if (found := getattr(self, name)) not in choices:
                expected = listed(map(quoted, choices))
                raise InputError(f"found {name} {quoted(found)}, expected {expected}")

    @classmethod
    def of(cls, function: Callable[..., Any], keywords: Mapping[str, Any], known: type) -> Self:
        """Return a function's keywords as one value.

        TypeError when one is not in the TypedDict `known`, InputError when its type or value is
        wrong.
        """
        check_keywords(function, keywords, known)
        return cls(**keywords)

    def files(self, output: StrPath | None) -> dict[str, StrPath]:
        """Return what is written, by the keys of `danq.scoring.outputs.writers.FILES`."""
        named = {name: getattr(self, name) for name in ("scores", "summary", "plot", "top_table")}
        return {
            kind: path for kind, path in {**named, "output": output}.items() if path is not None
        }
