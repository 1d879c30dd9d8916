"""Activations that Keras does not have, or has with other constants.

Each is registered, so that a `.keras` file which uses it loads wherever danq is installed.
"""

from collections.abc import Callable
from typing import Any

import keras

Activation = str | Callable[[Any], Any] | None
"""What a layer takes: a Keras activation's name, a function, or None for none."""

_FLOOR = 1e-6


@keras.saving.register_keras_serializable("danq")
def threshold(x: Any) -> Any:
    """Return `x` where it is above 0 and 1e-6 elsewhere, as Torch's ``Threshold(0, 1e-6)``.

    Parameters
    ----------
    x
        Tensor of any shape.
    """
    return keras.ops.where(x > 0, x, keras.ops.cast(_FLOOR, x.dtype))


@keras.saving.register_keras_serializable("danq")
def legacy_hard_sigmoid(x: Any) -> Any:
    """Return 0.2 · x + 0.5, clipped to [0, 1]: the gates of Theano and of Keras before version 3.

    Keras 3's own ``hard_sigmoid`` has the slope 1/6.

    Parameters
    ----------
    x
        Tensor of any shape.
    """
    return keras.ops.clip(0.2 * x + 0.5, 0, 1)
