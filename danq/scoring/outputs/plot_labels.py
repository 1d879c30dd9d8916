"""Where labels of a plot go so that none covers another."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Box = tuple[float, float, float, float]
Pixels = npt.NDArray[np.float64]

_ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)
_RADII = (1.7, 2.4, 3.4, 4.6, 6.0, 8.0, 10.0, 13.0)
_COVERED_POINT = 4.0
_CROSSING = 6.0
_SAMPLES = 40


def place_labels(
    anchors: Pixels, sizes: Pixels, bounds: Box, points: Pixels, *, gap: float
) -> list[tuple[float, float] | None]:
    """Find a place near its anchor for each label in turn; None where nothing is free.

    A label never leaves the bounds (left, bottom, right, top), never covers another label or an
    anchor, and prefers to be near its anchor and to cover few points. `anchors`, `sizes` (width and
    height) and `points` are (…, 2) in pixels; places are centres. `gap` is free space around a
    label, and between it and its anchor.
    """
    placed: list[Box] = []
    leaders = np.empty((0, 2, 2))
    centres: list[tuple[float, float] | None] = []
    for row, (anchor, size) in enumerate(zip(anchors, sizes, strict=True)):
        others = np.delete(anchors, row, axis=0)
        best = None
        best_cost = np.inf
        for centre, radius in _candidates(anchor, size, gap):
            box = _around(centre, size, gap / 2)
            if _leaves(box, bounds) or _inside(anchors, box) or _overlaps(box, placed):
                continue
            leader = np.stack([anchor, nearest_edge(anchor, centre, size)])
            cost = radius + _COVERED_POINT * _inside(points, box)
            if cost < best_cost:
                cost += _CROSSING * _crossings(leader, box, placed, leaders, others, gap=gap)
            if cost < best_cost:
                best, best_cost = (centre, box, leader), cost
        centres.append(None if best is None else best[0])
        if best is not None:
            placed.append(best[1])
            leaders = np.concatenate([leaders, best[2][None]])
    return centres


def nearest_edge(anchor: Pixels, centre: Sequence[float], size: Pixels) -> Pixels:
    """Return the point of a label's box that is nearest to its anchor, in pixels."""
    half = np.asarray(size) / 2
    return np.clip(anchor, centre - half, centre + half)


def _candidates(
    anchor: Pixels, size: Pixels, gap: float
) -> list[tuple[tuple[float, float], float]]:
    """List centres around an anchor, the label's edge at growing distances from it."""
    found = []
    for radius in _RADII:
        for angle in _ANGLES:
            direction = np.array([np.cos(angle), np.sin(angle)])
            x, y = anchor + direction * (size / 2 + gap * radius)
            found.append(((float(x), float(y)), radius))
    return found


def _around(centre: Sequence[float], size: Pixels, margin: float) -> Box:
    half_width, half_height = float(size[0]) / 2 + margin, float(size[1]) / 2 + margin
    x, y = centre
    return x - half_width, y - half_height, x + half_width, y + half_height


def _leaves(box: Box, bounds: Box) -> bool:
    return box[0] < bounds[0] or box[1] < bounds[1] or box[2] > bounds[2] or box[3] > bounds[3]


def _overlaps(box: Box, others: Sequence[Box]) -> bool:
    return any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in others
    )


def _inside(points: Pixels, box: Box) -> int:
    x, y = points.T
    return int(((x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])).sum())


def _crossings(
    leader: Pixels,
    box: Box,
    placed: Sequence[Box],
    leaders: Pixels,
    anchors: Pixels,
    *,
    gap: float,
) -> int:
    """Count what a label and its line would run through: labels, lines and labelled points."""
    line = _sampled(leader[None])[0]
    count = sum(_inside(line, other) > 0 for other in placed)
    if len(leaders):
        drawn = _sampled(leaders)
        count += sum(_inside(other, box) > 0 for other in drawn)
        count += int(
            (_distances(line, drawn.reshape(-1, 2)).reshape(-1, _SAMPLES) < 2).any(1).sum()
        )
    return count + int((_distances(line, anchors) < 0.8 * gap).sum())


def _sampled(segments: Pixels) -> Pixels:
    """Return points along each segment: (n, 2 ends, 2) to (n, samples, 2)."""
    steps = np.linspace(0, 1, _SAMPLES)[:, None]
    return segments[:, :1] * (1 - steps) + segments[:, 1:] * steps


def _distances(line: Pixels, points: Pixels) -> Pixels:
    """Return each point's distance to the nearest of the line's points."""
    apart = points[:, None] - line[None]
    return np.sqrt((apart**2).sum(axis=2)).min(axis=1, initial=np.inf)
