"""Whether contributions sum to the difference of predictions that they explain."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]


class Completeness(NamedTuple):
    """How nearly contributions sum to what they explain, per window and output.

    Attributes
    ----------
    difference
        float64 (n, T): the prediction of the window less the mean prediction of its baselines.
    total
        float64 (n, T): the sum of its contributions.
    """

    difference: Doubles
    total: Doubles

    @property
    def relative_error(self) -> Doubles:
        """float64 (n, T): how far the sum is from the difference, as a share of the difference.

        Where a window is predicted much as its baselines are, it may be large and mean nothing.
        """
        missed = np.abs(self.total - self.difference)
        with np.errstate(divide="ignore"):
            return np.divide(
                missed, np.abs(self.difference), out=np.zeros_like(missed), where=missed > 0
            )

    def __str__(self) -> str:
        errors = self.relative_error
        if not errors.size:
            return "no windows"
        return f"median error {np.median(errors):.2%}, largest {errors.max():.2%}"
