"""From weights that were read to a network that holds them."""

import keras

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
    names = {layer.name for layer in network.layers}
    for name, arrays in weights.layers.items():
        # A bidirectional layer may stand as two, each of which takes half.
        parts = [f"{name}_forward", f"{name}_backward"]
        parts = parts if names >= {*parts} else [name]
        size = len(arrays) // len(parts)
        for place, part in enumerate(parts):
            network.get_layer(part).set_weights(arrays[place * size :][:size])
    return network
