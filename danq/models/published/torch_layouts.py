"""The networks that come as PyTorch state dicts: names, shapes and what differs from Keras.

Convolutions are (filters, channels, 1, width) or (filters, channels, width) and cross-correlate as
Keras's do. Dense weights are (units, inputs). Flattening runs over channels, then positions; Keras
flattens positions, then channels, so the rows of the first dense layer are reordered.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.models.published.pytorch import read_state_dict, without_prefix
from danq.models.published.weights import (
    Array,
    Checked,
    Path,
    Weights,
    count_positions,
    matching_windows,
    reorder_channels,
)
from danq.models.width import scale_units

_KERNEL = 8
_POOL = 4


@dataclass(frozen=True)
class Layout:
    """A published state dict.

    `network` is its name in `danq.models`, `title` that in print. `convolutions`, `hidden` and
    `logits` name the layers in the file. `filters` are the paper's, first to last convolution.
    `pooled` holds the numbers, from 0, of the convolutions that are followed by pooling; `prefixes`
    may stand before all names. `channels` and `unknown` are how the original reads DNA,
    `activation` follows its inner layers.
    """

    network: str
    title: str
    convolutions: tuple[str, ...]
    hidden: str
    logits: str
    filters: tuple[int, ...]
    pooled: frozenset[int]
    prefixes: tuple[str, ...] = ()
    channels: str = "AGCT"
    unknown: float = 0.0
    activation: str = "relu"

    @property
    def names(self) -> set[str]:
        """All parameters, without prefix."""
        layers = (*self.convolutions, self.hidden, self.logits)
        return {f"{layer}.{part}" for layer in layers for part in ("weight", "bias")}

    def bare(
        self, arrays: dict[str, npt.NDArray[np.generic]]
    ) -> dict[str, npt.NDArray[np.generic]]:
        """Take off what may stand before all names."""
        for prefix in self.prefixes:
            arrays = without_prefix(arrays, prefix)
        return arrays

    def positions(self, length: int) -> int:
        """Count what is left of a window before the dense layers; below 1 when it is too short."""
        for number in range(len(self.convolutions)):
            length -= _KERNEL - 1
            if number in self.pooled:
                length //= _POOL
        return length


_DEEPSEA = Layout(
    network="deepsea",
    title="DeepSEA as Kipoi publishes it",
    convolutions=("0", "4", "8"),
    hidden="12.1",
    logits="14.1",
    filters=(320, 480, 960),
    pooled=frozenset({0, 1}),
    prefixes=("1.", "2."),
    activation="threshold",
)
LAYOUTS = {
    "deepsea": _DEEPSEA,
    "deepsea-variant-effects": _DEEPSEA,
    "selene-deepsea": Layout(
        network="deepsea",
        title="DeepSEA of Selene",
        convolutions=("conv_net.0", "conv_net.4", "conv_net.8"),
        hidden="classifier.0",
        logits="classifier.2",
        filters=(320, 480, 960),
        pooled=frozenset({0, 1}),
        # Selene's NonStrandSpecific holds the network as `model`.
        prefixes=("model.",),
        channels="ACGT",
        unknown=0.25,
    ),
    "beluga": Layout(
        network="beluga",
        title="Beluga as Kipoi publishes it",
        convolutions=tuple(f"model.0.{number}" for number in (0, 2, 6, 8, 12, 14)),
        hidden="model.1.2.1",
        logits="model.1.4.1",
        filters=(320, 320, 480, 480, 640, 640),
        pooled=frozenset({1, 3}),
    ),
}


def read_torch(path: Path, kind: str) -> Weights:
    """Read DeepSEA or Beluga, a `kind` of `LAYOUTS`, from a PyTorch state dict.

    InputError also when it is another network, or a parameter is missing, of another shape or one
    too many.
    """
    layout = LAYOUTS[kind]
    arrays = read_state_dict(path)
    _refuse_known(arrays, path)
    _refuse_others(arrays, layout, path)
    arrays = layout.bare(arrays)
    checked = Checked(arrays, path, layout.title)
    convolutions = _convolutions(checked, layout)
    width = convolutions[0][0].shape[2] / layout.filters[0]
    hidden, positions = _hidden(checked, layout, channels=convolutions[-1][0].shape[2])
    logits = _dense(checked, layout.logits, hidden[0].shape[1])
    checked.finish()
    layers = {f"convolution_{number}": pair for number, pair in enumerate(convolutions, start=1)}
    layers["convolution_1"][0] = reorder_channels(convolutions[0][0], layout.channels)
    return Weights(
        network=layout.network,
        layers={**layers, "hidden_1": hidden, "logits": logits},
        width=width,
        hidden=hidden[0].shape[1],
        outputs=logits[0].shape[1],
        windows=matching_windows(
            layout.positions, positions, at_most=(positions + 3 * _KERNEL) * _POOL**2
        ),
        options={} if layout.activation == "relu" else {"activation": layout.activation},
        unknown=layout.unknown,
    )


def _convolutions(checked: Checked, layout: Layout) -> list[list[Array]]:
    """Take all convolutions: kernels (width, channels, filters) and biases."""
    result: list[list[Array]] = []
    channels, filters, width = 4, None, 1.0
    for name, size in zip(layout.convolutions, layout.filters, strict=True):
        if result:
            filters = scale_units(size, width)
        kernel = checked.take(
            f"{name}.weight", (filters, channels, 1, _KERNEL), (filters, channels, _KERNEL)
        )
        kernel = kernel.reshape(kernel.shape[0], channels, _KERNEL)
        channels = kernel.shape[0]
        if not result:
            width = channels / size
        result.append([kernel.transpose(2, 1, 0), checked.take(f"{name}.bias", (channels,))])
    return result


def _hidden(checked: Checked, layout: Layout, *, channels: int) -> tuple[list[Array], int]:
    """Take the first dense layer, rows reordered to (positions, channels), and the positions."""
    kernel, bias = _dense(checked, layout.hidden, None)
    rows, units = kernel.shape
    positions = count_positions(checked, f"{layout.hidden}.weight", rows, channels)
    kernel = kernel.reshape(channels, positions, units).transpose(1, 0, 2).reshape(rows, units)
    return [kernel, bias], positions


def _dense(checked: Checked, name: str, inputs: int | None) -> list[Array]:
    kernel = checked.take(f"{name}.weight", (None, inputs)).T
    return [kernel, checked.take(f"{name}.bias", (kernel.shape[1],))]


def _refuse_others(arrays: dict[str, npt.NDArray[np.generic]], layout: Layout, path: Path) -> None:
    """Name the kind to import, where the names are those of another layout."""
    if layout.bare(arrays).keys() >= layout.names:
        return
    for kind, other in LAYOUTS.items():
        if other.bare(arrays).keys() >= other.names:
            raise InputError(f"holds the parameters of {other.title}: --from {kind}", path=path)


def _refuse_known(arrays: dict[str, npt.NDArray[np.generic]], path: Path) -> None:
    """Refuse, with the reason, networks that are known not to be what is asked for."""
    if any("weight_ih_l" in name for name in arrays):
        raise InputError(
            "holds an LSTM, as Selene's DanQ does, which cannot be imported: it is built "
            "batch-first and fed (length, batch, channels), so that it recurs over the batch, and "
            "what it predicts for a sequence depends on the others in its batch",
            path=path,
        )
    if any("running_mean" in name for name in arrays):
        raise InputError(
            "holds batch normalisation, as an early version of Selene's DeepSEA and its "
            "DeeperDeepSEA do; none of the networks known here has any",
            path=path,
        )
