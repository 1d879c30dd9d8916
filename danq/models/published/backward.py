"""The two readings of DanQ's backward half, from either of them."""

import keras

from danq.models.published.build import build
from danq.models.published.weights import Weights

READINGS = ("reversed", "forward")


def readings(network: keras.Model) -> dict[str, keras.Model]:
    """Return an imported network in every reading that its file allows.

    Parameters
    ----------
    network
        A network that `danq.models.load` read, with its metadata.

    Returns
    -------
    dict of str to keras.Model
        ``reversed`` and ``forward`` for a DanQ or DanQ-JASPAR that `danq import` wrote, one of
        them the network itself; for any other network itself alone, as ``as imported``.
    """
    imported = network.danq.training.get("imported", {})
    if imported.get("backward") not in READINGS:
        return {"as imported": network}
    return {
        reading: network if reading == imported["backward"] else _reread(network, reading)
        for reading in READINGS
    }


def _reread(network: keras.Model, backward: str) -> keras.Model:
    """Build the other reading with the same weights."""
    record = network.danq.training
    layers = {
        name: network.get_layer(name).get_weights()
        for name in ("convolution_1", "hidden_1", "logits")
    }
    layers["recurrence_1"] = [
        array
        for layer in network.layers
        if layer.name.startswith("recurrence_1")
        for array in layer.get_weights()
    ]
    window = int(network.input_shape[1])
    weights = Weights(
        network=record["model"].replace("-", "_"),
        layers=layers,
        width=record["width"],
        hidden=len(layers["hidden_1"][1]),
        outputs=len(layers["logits"][1]),
        windows=range(window, window + 1),
        options={"gate": record["imported"]["gate"], "backward": backward},
    )
    other = build(weights, window)
    other.danq = network.danq
    return other
