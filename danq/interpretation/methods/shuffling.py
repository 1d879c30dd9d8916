"""Shuffles of a sequence that keep how often each base follows each other one."""

import itertools

import numpy as np
import numpy.typing as npt

from danq.genome.sequence import UNKNOWN, Codes

_SHORTEST = 4
"""Bases of a sequence that may have a second one with the same pairs and ends."""


def shuffle_dinucleotides(codes: Codes, number: int, random: np.random.Generator) -> Codes:
    """Shuffle a sequence and keep the number of each of its pairs of neighbouring bases.

    Every sequence that has the same pairs, first base and last base is equally likely. Its pairs
    are read as the edges of a graph of four bases, and each shuffle is a random Euler path through
    it (Altschul & Erickson 1985, Molecular Biology and Evolution 2:526): first the edges by which
    the bases are left for the last time, which must form a tree, then the order of all others.

    Unknown bases stay where they are, and each run of known bases between them is shuffled by
    itself.

    Parameters
    ----------
    codes
        uint8 (length,).
    number
        How many shuffles to draw.
    random
        What they are drawn from.

    Returns
    -------
    numpy.ndarray
        uint8 (number, length).
    """
    result = np.tile(codes, (number, 1))
    known = np.concatenate([[False], codes < UNKNOWN, [False]])
    ends = np.flatnonzero(known[1:] != known[:-1]).reshape(-1, 2)
    for first, last in ends:
        if last - first >= _SHORTEST:
            _shuffle_run(result[:, first:last], random)
    return result


def _shuffle_run(rows: Codes, random: np.random.Generator) -> None:
    """Shuffle each of some equal rows of known bases."""
    if not len(rows):
        return
    codes, number = rows[0].copy(), len(rows)
    order = np.lexsort((codes[1:], codes[:-1]))
    sources, followers = codes[:-1][order], codes[1:][order]
    # The edges of a base are used in the order of their keys: the drawn last edge after the others.
    keys = sources + random.random((number, len(sources))) / 2
    for base, leaves_to in _draw_last_edges(codes, number, random).items():
        place = np.searchsorted(sources * 4 + followers, base * 4 + leaves_to)
        keys[np.arange(number), place] = base + 0.75
    used = followers[np.argsort(keys, axis=1)]
    starts = np.searchsorted(sources, np.arange(5))
    for row, followed in zip(rows, used, strict=True):
        row[:] = _walk(followed.tolist(), starts.tolist(), codes[0])


def _walk(followers: list[int], starts: list[int], base: int) -> list[int]:
    """Go from base to base, from each to its next follower."""
    # Lists are several times faster here than one step of all shuffles in NumPy is.
    edges = [iter(followers[first:last]) for first, last in itertools.pairwise(starts)]
    path = [int(base)]
    for _ in followers:
        path.append(next(edges[path[-1]]))
    return path


def _draw_last_edges(
    codes: Codes, number: int, random: np.random.Generator
) -> dict[int, npt.NDArray[np.intp]]:
    """Draw for each base except the last one of the sequence where it is left to for good.

    Following these edges from any base must end at the last base of the sequence; all such trees
    are known, at most 16, and each weighs as many as there are ways to choose its edges.
    """
    counts = np.zeros((4, 4), np.int64)
    np.add.at(counts, (codes[:-1], codes[1:]), 1)
    end = int(codes[-1])
    bases = [base for base in np.flatnonzero(counts.any(axis=1)).tolist() if base != end]
    trees, weights = [], []
    for tree in itertools.product(range(4), repeat=len(bases)):
        weight = int(np.prod(counts[bases, tree]))
        if weight and _ends_at(end, dict(zip(bases, tree, strict=True))):
            trees.append(tree)
            weights.append(weight)
    drawn = random.choice(len(trees), number, p=np.array(weights) / sum(weights))
    return dict(
        zip(bases, np.array(trees, np.intp).reshape(len(trees), len(bases))[drawn].T, strict=True)
    )


def _ends_at(end: int, tree: dict[int, int]) -> bool:
    """Return whether the edges of a tree lead from every base to the end."""
    places = set(tree)
    for _ in tree:
        places = {tree.get(place, place) for place in places}
    return places <= {end}
