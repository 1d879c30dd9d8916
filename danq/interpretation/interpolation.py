"""Where on the way from a baseline to a window gradients are taken."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from danq.genome.sequence import UNKNOWN, Codes, one_hot, reverse_complement
from danq.interpretation.maps import Floats
from danq.interpretation.shuffling import shuffle_dinucleotides

Doubles = npt.NDArray[np.float64]


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
    number of gradients per baseline, 0 for one at the window itself.
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

    def points(self, codes: Codes) -> Iterator[Point]:
        """Yield the places of all windows; the weights of one window's sum to 1."""
        for window, row in enumerate(codes):
            end = self.encode(row)
            places, weights = self._places(row)
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

    def _places(self, codes: Codes) -> tuple[Doubles, Doubles]:
        """Return where on its way to the window each baseline is left, and the weights of steps."""
        if not self.steps:
            return np.ones((1, 1)), np.ones(1)
        if not self.is_random:
            nodes, weights = np.polynomial.legendre.leggauss(self.steps)
            return np.tile((nodes + 1) / 2, (self.number, 1)), weights / 2
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
