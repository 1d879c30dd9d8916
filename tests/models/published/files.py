"""Files in the layouts of the published ones, filled with random weights."""

from __future__ import annotations

import h5py
import numpy as np

Array = np.ndarray
DANQ = {"filters": 12, "units": 12, "kernel": 26, "pool": 13}
JASPAR = {"filters": 16, "units": 8, "kernel": 30, "pool": 15}


def danq_layers(
    sizes: dict[str, int], *, positions: int, hidden: int, outputs: int, seed: int = 0
) -> dict[str, list[Array]]:
    """Random weights by layer, as the script's model numbers its layers."""
    random = np.random.default_rng(seed)
    filters, units = sizes["filters"], sizes["units"]

    def draw(*shape: int, gain: float = 1.0) -> Array:
        scale = gain * np.prod(shape[:-1]) ** -0.5 if len(shape) > 1 else 0.3
        return random.normal(0, scale, shape).astype(np.float32)

    def lstm() -> list[Array]:
        gates = ((draw(filters, units), draw(units, units), draw(units)) for _ in "icfo")
        return [array for gate in gates for array in gate]

    kernel = random.normal(0, 0.4, (filters, 4, sizes["kernel"], 1)).astype(np.float32)
    last = 8 if sizes["kernel"] == DANQ["kernel"] else 7
    return {
        "layer_0": [kernel, draw(filters)],
        "layer_3": lstm() + lstm(),
        "layer_6": [draw(positions * 2 * units, hidden, gain=4), draw(hidden)],
        f"layer_{last}": [draw(hidden, outputs), draw(outputs)],
    }


def write_danq(path, layers: dict[str, list[Array]], *, attributes: bool = True) -> None:
    """Write what Keras 0.2's `save_weights` writes, empty groups and attributes included."""
    numbers = [int(name.removeprefix("layer_")) for name in layers]
    # DanQ ends with the activation of its last dense layer, a layer of its own.
    count = 10 if max(numbers) == 8 else 8
    with h5py.File(path, "w") as file:
        if attributes:
            file.attrs["nb_layers"] = count
        for number in range(count):
            group = file.create_group(f"layer_{number}")
            arrays = layers.get(f"layer_{number}", [])
            if attributes:
                group.attrs["nb_params"] = len(arrays)
            for place, array in enumerate(arrays):
                group.create_dataset(f"param_{place}", data=array)
