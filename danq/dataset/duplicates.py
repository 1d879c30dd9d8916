"""Windows of the same sequence in different splits, on either strand.

Every window gets a hash of 64 bits that its reverse complement shares. Windows of equal hashes in
different splits are then compared base by base, so that what is counted is equal and not only
likely so. Sequence is read in blocks: 8 bytes a window are held.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from danq.dataset.splits import SPLITS
from danq.genome import reverse_complement
from danq.genome.intervals import Integers
from danq.genome.sequence import complement
from danq.threads import side_by_side

Codes = npt.NDArray[np.uint8]
Read = Callable[[Integers], Codes]
"""Gives the codes, uint8 (k, window), of some windows by their places, int64 (k,)."""

BLOCK = 1 << 10
_WORD = 8
_SEED = 20_160_104


@dataclass(frozen=True)
class Shared:
    """How many windows of each of two splits have a sequence that the other has, either strand."""

    splits: tuple[str, str]
    windows: tuple[int, int]


def equal_sequences(read: Read, split: npt.NDArray[np.uint8]) -> Integers:
    """Find the windows whose sequence, on either strand, another split has too.

    `read` is called from several threads at once; `split` is uint8 (n,). The result is int64 (n,):
    for windows that share their sequence with another split the place of the first window that has
    it, and −1 for all others.
    """
    hashes = _hashes(read, len(split))
    order = np.argsort(hashes, kind="stable")
    suspects = order[_across(hashes[order], split[order])]
    first = np.full(len(split), -1, dtype=np.int64)
    # The first window of each hash stands for those that equal it; what is left, windows of
    # another sequence that happen to have the same hash, is looked at again.
    while len(suspects):
        opens = np.flatnonzero(np.diff(hashes[suspects], prepend=~hashes[suspects[0]]))
        sizes = np.diff(np.append(opens, len(suspects)))
        model = np.repeat(suspects[opens], sizes)
        equal = _compare(read, suspects, model)
        first[suspects[equal]] = model[equal]
        suspects = suspects[~equal]
    repeats = np.flatnonzero(first >= 0)
    repeats = repeats[np.argsort(first[repeats], kind="stable")]
    repeats = repeats[~_across(first[repeats], split[repeats])]
    first[repeats] = -1
    return first


def count_shared(first: Integers, split: npt.NDArray[np.uint8]) -> list[Shared]:
    """Count what `equal_sequences` found, for every two splits."""
    repeats = np.flatnonzero(first >= 0)
    holds = {
        code: (repeats[split[repeats] == code], np.unique(first[repeats[split[repeats] == code]]))
        for code in range(len(SPLITS))
    }
    result = []
    for pair in combinations(range(len(SPLITS)), 2):
        (one, its), (other, theirs) = (holds[code] for code in pair)
        both = np.intersect1d(its, theirs)
        counts = [int(np.isin(first[rows], both).sum()) for rows in (one, other)]
        names = (SPLITS[pair[0]], SPLITS[pair[1]])
        result.append(Shared(names, (counts[0], counts[1])))
    return result


def find_leaks(first: Integers, split: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return the windows to drop so that no split shares a sequence with another: bool (n,).

    Held-out windows stay: one of training goes when the validation or the test has its sequence,
    one of the validation when the test has it. `first` comes from `equal_sequences`.
    """
    last = np.zeros(len(first), dtype=np.uint8)
    repeats = np.flatnonzero(first >= 0)
    np.maximum.at(last, first[repeats], split[repeats])
    drop = np.zeros(len(first), dtype=bool)
    drop[repeats] = split[repeats] < last[first[repeats]]
    return drop


def _across(keys: npt.NDArray[np.integer], split: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return which of sorted keys stand in more than one split."""
    if not len(keys):
        return np.empty(0, dtype=bool)
    opens = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    mixed = np.minimum.reduceat(split, opens) != np.maximum.reduceat(split, opens)
    return np.repeat(mixed, np.diff(np.append(opens, len(keys))))


def _hashes(read: Read, count: int) -> npt.NDArray[np.uint64]:
    """Hash all windows, uint64 (n,); a sequence and its reverse complement alike."""

    def hash_block(begin: int) -> npt.NDArray[np.uint64]:
        codes = read(np.arange(begin, min(begin + BLOCK, count)))
        rows, length = codes.shape
        # Eight bases are a number, the last ones filled up with zeros. Of the reverse complements
        # whole words turn, which is faster than bases.
        forward, back = np.zeros((2, rows, -(-length // _WORD) * _WORD), dtype=np.uint8)
        forward[:, :length] = codes
        back[:, back.shape[1] - length :] = complement(codes)
        turned = back.view(np.uint64)[:, ::-1].byteswap()
        return np.minimum(_hash(forward.view(np.uint64)), _hash(turned))

    hashes = side_by_side(hash_block, range(0, count, BLOCK), most=4)
    return np.concatenate([np.empty(0, np.uint64), *hashes])


def _hash(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Hash rows of words: each is multiplied by a random odd number of its own, and all added."""
    # Sums of products keep differences of high bits in high bits: those come down first.
    mixed = words ^ (words >> np.uint64(29))
    random = np.random.default_rng(_SEED)
    factors = random.integers(0, 1 << 63, mixed.shape[1], dtype=np.uint64) << np.uint64(1)
    hashes: npt.NDArray[np.uint64] = mixed @ (factors | np.uint64(1))
    return hashes


def _compare(read: Read, rows: Integers, models: Integers) -> npt.NDArray[np.bool_]:
    """Return which windows equal their models, base by base, on either strand."""
    equal = np.ones(len(rows), dtype=bool)
    others = np.flatnonzero(rows != models)
    for begin in range(0, len(others), BLOCK):
        part = others[begin : begin + BLOCK]
        one, other = read(rows[part]), read(models[part])
        equal[part] = (one == other).all(axis=1)
        equal[part] |= (reverse_complement(one) == other).all(axis=1)
    return equal
