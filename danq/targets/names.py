"""Names of targets: telling equal ones apart, and saying how two lists differ.

A target's identity is its place in the list, from 0; names may repeat, as DeepSEA's 919 targets
have 844 distinct names.
"""

import re
from collections import Counter
from collections.abc import Sequence

_LONGEST_PART = 80
_NO_ID = re.compile(r"[^0-9A-Za-z_.]")


def distinct(names: Sequence[str], *, mark: str = "#") -> list[str]:
    """Return a distinct name for every target, for places where a name stands alone.

    A name that occurs once stays as it is. Each of several equal ones gets `mark` and its index in
    the list, from 0, the column of its predictions: CTCF, Pol2, CTCF become CTCF#0, Pol2, CTCF#2.
    Tables, figures and ``DANQ_TARGET`` in a scored VCF use these names; HDF5 files hold the plain
    names in their order.
    """
    marked = [False] * len(names)
    result = list(names)
    # A marked name may equal another target's plain one ("CTCF#0"), which then is marked as well.
    # Marked names differ from each other by their places, so this ends.
    while clashes := {name for name, count in Counter(result).items() if count > 1}:
        for place, name in enumerate(names):
            if result[place] in clashes and not marked[place]:
                marked[place] = True
                result[place] = f"{name}{mark}{place}"
    return result


def ids(names: Sequence[str]) -> list[str]:
    """Turn names into ends of INFO identifiers, no two of them equal.

    Letters, digits, ``_`` and ``.`` stay, all else becomes ``_``; of several names that are equal
    then, each gets ``_`` and its place, from 0.
    """
    return distinct([_NO_ID.sub("_", name) for name in names], mark="_")


def target_difference(found: Sequence[str], wanted: Sequence[str], *, source: str) -> str | None:
    """Return how a model's targets differ from those wanted, None when the lists are equal.

    It is a clause whose subject is the model and that names the first target to differ, counted
    from 1. `source` is what wants them, for instance ``dataset.h5 has`` or ``expected``; it stands
    before the wanted name or number.
    """
    if list(found) == list(wanted):
        return None
    pairs = enumerate(zip(found, wanted, strict=False), start=1)
    first = next(((place, *pair) for place, pair in pairs if pair[0] != pair[1]), None)
    if len(found) != len(wanted):
        counts = f"predicts {len(found)} targets, {source} {len(wanted)}"
        if first is None:
            return f"{counts}; the first {min(len(found), len(wanted))} agree"
        return f'{counts}; the first to differ is target {first[0]}, "{first[1]}" for "{first[2]}"'
    assert first is not None
    place, ours, theirs = first
    if Counter(found) == Counter(wanted):
        return (
            f'predicts the same targets in another order: target {place} is "{ours}", '
            f'{source} "{theirs}"'
        )
    different = sum(ours != theirs for ours, theirs in zip(found, wanted, strict=True))
    return (
        f'predicts "{ours}" as target {place}, {source} "{theirs}" '
        f"({different} of {len(found)} differ)"
    )


def file_names(names: Sequence[str]) -> list[str]:
    """Return a distinct part of a file name for every name.

    Letters other than A-Z, a-z, 0-9 and ``._+-`` become ``_``, as does a dot at the beginning, and
    long names are cut. Where names then agree except for capitals, which some file systems ignore,
    each has its index behind it.
    """
    clean = [re.sub(r"[^A-Za-z0-9._+-]|^\.", "_", name)[:_LONGEST_PART] or "_" for name in names]
    folded = [name.lower() for name in clean]
    return [
        name if marked == low else f"{name}-{place}"
        for place, (name, low, marked) in enumerate(
            zip(clean, folded, distinct(folded, mark="-"), strict=True)
        )
    ]
