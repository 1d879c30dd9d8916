"""The options of explanations: keywords of a function, and the one value that they become."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypedDict

from danq.errors import InputError, quoted, suggestion
from danq.interpretation.methods.attribution import (
    BASELINES,
    COMPLETE,
    GRADIENTS,
    INTEGRATED,
    NUMBER,
    STEPS,
    UNITS,
)
from danq.outputs import listed
from danq.paths import StrPath
from danq.ranges import BASES, BATCH_SIZE, COUNT, SEED, check_keywords

METHODS = ("ism", *GRADIENTS)
REF_MISMATCH = ("error", "skip")


class Keywords(TypedDict, total=False):
    """Keywords of `danq.explain`."""

    method: str
    targets: str | Sequence[str] | None
    unit: str
    span: int | None
    baseline: str
    baselines: int | None
    steps: int | None
    seed: int
    top: int | None
    ref_mismatch: str
    batch_size: int | None
    npz: StrPath | None
    bigwig: StrPath | None
    plot: StrPath | None
    motifs: StrPath | None
    progress: bool | None


@dataclass(frozen=True)
class Options:
    """What a run is asked for: `Keywords` with their defaults (`danq.explain` describes them)."""

    method: str = "ism"
    targets: str | Sequence[str] | None = None
    unit: str = "logit"
    span: int | None = None
    baseline: str = "shuffled"
    baselines: int | None = None
    steps: int | None = None
    seed: int = 0
    top: int | None = None
    ref_mismatch: str = "error"
    batch_size: int | None = None
    npz: StrPath | None = None
    bigwig: StrPath | None = None
    plot: StrPath | None = None
    motifs: StrPath | None = None
    progress: bool | None = None

    def __post_init__(self) -> None:
        choices = {"method": METHODS, "unit": UNITS, "baseline": BASELINES}
        for name, known in {**choices, "ref_mismatch": REF_MISMATCH}.items():
            if (value := getattr(self, name)) not in known:
                raise InputError(
                    f"found {name} {quoted(value)}, expected {listed(known)}"
                    f"{suggestion(value, known)}"
                )
        limits = {"span": BASES, "baselines": NUMBER, "steps": STEPS, "top": COUNT, "seed": SEED}
        for name, limit in {**limits, "batch_size": BATCH_SIZE}.items():
            if (value := getattr(self, name)) is not None:
                limit.check(name, value)
        self._refuse_idle()

    def _refuse_idle(self) -> None:
        """Refuse options that would do nothing."""
        is_integrated = self.method == INTEGRATED
        idle = {
            "baseline": self.baseline != "shuffled" and not is_integrated,
            "baselines": self.baselines is not None and self.method not in COMPLETE,
            "steps": self.steps is not None and self.method not in COMPLETE,
        }
        for name, is_idle in idle.items():
            if is_idle:
                raise InputError(f"found {name}, which the method {self.method} does not use")
        if self.baselines is not None and self.baseline != "shuffled":
            raise InputError(f"found baselines, but the {self.baseline} baseline is one")

    def refuse_files(self, *, resume: bool) -> None:
        """Refuse what goes into files where none is written."""
        names = ["resume"] if resume else []
        names += [
            name for name in ("npz", "bigwig", "plot", "motifs") if getattr(self, name) is not None
        ]
        if names:
            raise InputError(f"found {names[0]}, which needs an output")

    @classmethod
    def of(cls, function: Callable[..., Any], keywords: Mapping[str, Any]) -> Self:
        """Return a function's keywords as one value; errors as in `danq.ranges.check_keywords`."""
        check_keywords(function, keywords, Keywords)
        return cls(**keywords)

    @property
    def words(self) -> list[str] | None:
        """The words of `targets`, as a list."""
        if self.targets is None:
            return None
        return [self.targets] if isinstance(self.targets, str) else list(self.targets)

    @property
    def of_method(self) -> dict[str, Any]:
        """The options that numbers depend on, by name, for the files."""
        if self.method not in COMPLETE:
            return {}
        names = ("baseline", "baselines", "steps", "seed")
        return {name: getattr(self, name) for name in names}
