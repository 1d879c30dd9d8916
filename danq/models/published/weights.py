"""What every reader hands to the importer, and the checks that all of them make."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.genome import ALPHABET
from danq.paths import StrPath

Array = npt.NDArray[np.float32]
Path = StrPath


@dataclass(frozen=True)
class Weights:
    """The parameters of a published network in the layout of Keras 3.

    The function `network` in `danq.models` builds it, with the further keywords `options`. `layers`
    holds arrays by layer name, in the order that Keras 3 keeps them; a bidirectional layer's are
    the forward half's, then the backward half's. `width` is the factor on the paper's filters and
    recurrent units, 1 in the published files; `hidden` is the number of hidden dense units.
    `windows` has every window length that gives the flattened size of the file, rising. `unknown`
    is as in `danq.models.Metadata`.
    """

    network: str
    layers: dict[str, list[Array]]
    width: float
    hidden: int
    outputs: int
    windows: range
    options: dict[str, str] = field(default_factory=dict)
    unknown: float = 0.0


class Checked:
    """Parameters of a file by name, each taken once and checked; `layout` names it in errors."""

    def __init__(self, arrays: dict[str, npt.NDArray[np.generic]], path: Path, layout: str) -> None:
        self._left = dict(arrays)
        self._path = path
        self._layout = layout

    def take(self, name: str, *shapes: tuple[int | None, ...]) -> Array:
        """Take one parameter, as float32; None in one of its possible `shapes` is any size.

        InputError when it is missing, of another shape, empty, not of floating-point numbers, or
        not finite in float32.
        """
        if name not in self._left:
            raise self.error(f"holds no parameter {name}")
        array = self._left.pop(name)
        if not any(_fits(array.shape, shape) for shape in shapes):
            expected = " or ".join(_shape(shape) for shape in shapes)
            raise self.error(f"{name} has the shape {_shape(array.shape)}, expected {expected}")
        if not array.size:
            raise self.error(f"{name} has the shape {_shape(array.shape)}, expected no empty one")
        if array.dtype.kind != "f":
            raise self.error(f"{name} holds {array.dtype} values, expected floating-point numbers")
        # What float32 cannot hold becomes infinite and is reported below, not by NumPy.
        with np.errstate(over="ignore"):
            values = array.astype(np.float32)
        if not np.isfinite(values).all():
            raise self.error(f"{name} holds values that are not finite in float32")
        return values

    def finish(self) -> None:
        """Refuse parameters that were not taken."""
        if self._left:
            names = list(self._left)
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise self.error(
                f"holds the further parameters {', '.join(map(quoted, names[:3]))}{more}"
            )

    def error(self, message: str) -> InputError:
        """Make an error that names the file and what it should be."""
        joint = " in" if "expected" in message else "; expected"
        return InputError(f"{message}{joint} {self._layout}", path=self._path)


def reorder_channels(kernel: Array, channels: str) -> Array:
    """Bring a kernel (width, 4, filters) from the file's order of channels to A, C, G, T."""
    return kernel[:, [channels.index(base) for base in ALPHABET]]


def matching_windows(positions: Callable[[int], int], wanted: int, *, at_most: int) -> range:
    """Find the window lengths that leave `wanted` positions before the dense layers.

    `positions` turns a window's length into the positions left, rising; below 1 when it is too
    short. `at_most` is a length that surely leaves more.
    """
    lengths = [length for length in range(1, at_most) if positions(length) == wanted]
    return range(lengths[0], lengths[-1] + 1)


def count_positions(checked: Checked, name: str, rows: int, channels: int) -> int:
    """Divide the rows of the first dense layer by the channels that reach it."""
    if not rows or rows % channels:
        raise checked.error(
            f"{name} has {rows} inputs, expected a multiple of the {channels} channels before it"
        )
    return rows // channels


def _fits(shape: Sequence[int], expected: Sequence[int | None]) -> bool:
    return len(shape) == len(expected) and all(
        wanted is None or size == wanted for size, wanted in zip(shape, expected, strict=True)
    )


def _shape(shape: Sequence[int | None]) -> str:
    return "(" + ", ".join("any" if size is None else str(size) for size in shape) + ")"
