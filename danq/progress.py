"""Progress bars, on standard error."""

from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def bar(items: Iterable[Any] | None = None, *, progress: bool | None, **options: Any) -> tqdm:
    """Return tqdm's bar: always where `progress` is True, and on a terminal where it is None."""
    return tqdm(items, disable=None if progress is None else not progress, **options)
