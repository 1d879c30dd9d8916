"""From weights that were read to a network that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy.typing as npt

from danq.core import activations
from danq.errors import InputError
from danq.models import networks
from danq.models.published.weights import Path, Weights

PUBLISHED_WINDOWS = {"deepsea": 1000, "danq": 1000, "danq_jaspar": 1000, "beluga": 2000}


def choose_window(weights: Weights, asked: int | None, *, path: Path) -> int:
    """Settle the window's length, which a file tells only up to the pools' remainders.

    Where none is `asked` for it is the published length if that fits, else the smallest that ends
    in most zeros. InputError when one asked for does not fit.
    """
    windows = weights.windows
    if asked is None:
        published = PUBLISHED_WINDOWS[weights.network]
        roundest = max(windows, key=lambda n: (len(str(n)) - len(str(n).rstrip("0")), -n))
        return published if published in windows else roundest
    if asked not in windows:
        raise InputError(
            f"its dense layer fits windows of {windows[0]} to {windows[-1]} bases, "
            f"found --window {asked}",
            path=path,
        )
    return asked


def build(weights: Weights, window: int) -> keras.Model:
    """Build the network of a published file for windows of `window` bases, and fill it."""
    options = {
        name: getattr(activations, value, value) if name in ("gate", "activation") else value
        for name, value in weights.options.items()
    }
    network = getattr(networks, weights.network)(
        sequence_length=window,
        outputs=weights.outputs,
        width=weights.width,
        # A quotient, since the builder multiplies hidden units by the width and rounds.
        hidden=weights.hidden / weights.width,
        **options,
    )
    fill(network, weights.layers)
    return network


def fill(network: keras.Model, layers: Mapping[str, Sequence[npt.ArrayLike]]) -> None:
    """Set the weights of a network by layer name.

    Where a bidirectional layer stands as two, ``NAME_forward`` and ``NAME_backward``, each takes
    half.
    """
    for name, arrays in layers.items():
        halves = [f"{name}_forward", f"{name}_backward"]
        if {layer.name for layer in network.layers} >= set(halves):
            middle = len(arrays) // 2
            network.get_layer(halves[0]).set_weights(arrays[:middle])
            network.get_layer(halves[1]).set_weights(arrays[middle:])
        else:
            network.get_layer(name).set_weights(arrays)
