"""What the arrays of a run's scores are: each declared once, as a `Quantity`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Scores = Mapping[str, npt.NDArray[Any]]
"""Arrays by the name of their `Quantity`; each has one row for every scored allele, in order."""


@dataclass(frozen=True)
class Quantity:
    """What one array of a block's scores is.

    Attributes
    ----------
    name
        Its key in `Scores`, and its name in every table.
    description
        What it is, with its unit.
    columns
        The kind of its columns, such as ``targets``: the array is (scored, columns); None where an
        allele has one value and the array is (scored,).
    dtype
        Of the array.
    is_tabled
        Whether tables hold it; the others only serve INFO fields and pictures.
    """

    name: str
    description: str
    columns: str | None = None
    dtype: npt.DTypeLike = np.float32
    is_tabled: bool = True
