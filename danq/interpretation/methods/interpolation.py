"""Where on the way from a baseline to a window gradients are taken."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from danq.genome.sequence import UNKNOWN, Codes, one_hot, reverse_complement
from danq.interpretation.maps import Floats
from danq.interpretation.methods.shuffling import shuffle_dinucleotides

Doubles = npt.NDArray[np.float64]
Rule = tuple[Doubles, Doubles]
"""Places on the way from a baseline, 0, to a window, 1, and their weights, which sum to 1."""

_FEWEST, _FEWEST_OF_ONE = 16, 64
"""Steps of the first rule, of several baselines and of a single one."""


class Point(NamedTuple):
    """One place where a gradient is taken, for the window of an index."""

    window: int
    sequence: Floats
    baseline: Floats
    weight: float


@dataclass(frozen=True)
class Plan:
    """Where gradients are taken for a window.

    `constant` is what the only baseline holds, None for `number` shuffled ones; `steps` is the
    largest number of gradients per baseline, 0 for one at the window itself.
    """

    constant: float | None
    number: int
    steps: int
    is_random: bool
    seed: int
    unknown: float

    def encode(self, codes: Codes) -> Floats:
        """Turn codes of one window into what the network reads."""
        return one_hot(codes, unknown=self.unknown)

    def starts(self, codes: Codes) -> Iterator[tuple[int, Floats]]:
        """Yield each window's index with each of its baselines."""
        for window, row in enumerate(codes):
            for baseline in self._baselines(row):
                yield window, baseline

    def rules(self) -> Iterator[Rule | None]:
        """Yield rules until as many steps are made; None for random places.

        The mean of each and of what those before it gave is a rule of about twice as many steps.
        """
        if self.is_random:
            yield None
            return
        if not self.steps:
            yield np.ones(1), np.ones(1)
            return
        parts = self.steps
        while parts % 2 == 0 and parts > (_FEWEST if self.constant is None else _FEWEST_OF_ONE):
            parts //= 2
        yield _rule(parts, is_between=True)
        if parts < self.steps:
            yield _rule(parts, is_between=False)
            parts *= 2
        while parts < self.steps:
            yield _rule(parts, is_between=True)
            parts *= 2

    def points(self, codes: Codes, rule: Rule | None) -> Iterator[Point]:
        """Yield the places of all windows; the weights of one window's sum to 1."""
        for window, row in enumerate(codes):
            end = self.encode(row)
            if rule is None:
                places, weights = self._draw_places(row)
            else:
                places, weights = np.tile(rule[0], (self.number, 1)), rule[1]
            for baseline, on_path in zip(self._baselines(row), places, strict=True):
                for place, weight in zip(on_path, weights, strict=True):
                    sequence = baseline + np.float32(place) * (end - baseline)
                    yield Point(window, sequence, baseline, weight / self.number)

    def _baselines(self, codes: Codes) -> Iterator[Floats]:
        if self.constant is not None:
            known = (codes < UNKNOWN)[:, None]
            yield np.where(known, np.float32(self.constant), self.encode(codes))
            return
        # Both strands of a window have the same baselines, each on its strand.
        other = reverse_complement(codes)
        is_turned = other.tobytes() < codes.tobytes()
        shuffled = shuffle_dinucleotides(
            other if is_turned else codes, self.number, self._random(codes, 0)
        )
        for row in shuffled:
            yield self.encode(reverse_complement(row) if is_turned else row)

    def _draw_places(self, codes: Codes) -> Rule:
        """Return random places, (number, steps), and the weights of steps."""
        random = self._random(codes, 1)
        shape = (self.number, self.steps)
        # Each step has a part of the path, and each baseline a part of that.
        parts = random.permuted(np.tile(np.arange(self.number), (self.steps, 1)), axis=1).T
        places = (parts + random.random(shape)) / self.number + np.arange(self.steps)
        return places / self.steps, np.full(self.steps, 1 / self.steps)

    def _random(self, codes: Codes, purpose: int) -> np.random.Generator:
        """Return numbers that depend on the seed and on the window, whichever strand is read."""
        strands = codes.tobytes(), reverse_complement(codes).tobytes()
        return np.random.default_rng([self.seed, zlib.crc32(min(strands)), purpose])


def _rule(parts: int, *, is_between: bool) -> Rule:
    """Return a rule of equal steps of t, where the place is sin²(πt/2).

    Places are dense near both ends, where motifs come and go. They are the middles of equal parts
    or the borders between these; the two ends weigh nothing.
    """
    steps = np.arange(0.5, parts) if is_between else np.arange(1, parts)
    angles = np.pi * steps / parts
    weights = np.sin(angles)
    return np.sin(angles / 2) ** 2, weights / weights.sum()
