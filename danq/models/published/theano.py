"""DanQ's weights as Keras 0.2 on Theano wrote them: an HDF5 file in a layout of its own.

A group ``layer_N`` for every layer of the model, ``param_0``, ``param_1``, … in each that has any.
The attributes ``nb_layers`` and ``nb_params`` count them. The numbers of the layers depend on how
the script was written (DanQ gives its dense layers' activations layers of their own, DanQ-JASPAR
does not), so the four groups with parameters are known by their order.

Three things differ from Keras 3. Theano convolves truly, with the kernel flipped along the
sequence. A recurrent layer keeps W, U and b of each gate apart, in the order i, c, f, o. Gates are
hard sigmoids of slope 0.2. Flattening is the same: positions, then features.
"""

import os
import re
from dataclasses import dataclass

import h5py
import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.hdf5.reading import ERRORS
from danq.models.keras_files.weights import check_weights
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

CHANNELS = "AGCT"
_COUNTS = (2, 24, 2, 2)
_FILE_GATES = "icfo"
_KERAS_GATES = "ifco"


@dataclass(frozen=True)
class Layout:
    """Sizes of a network that Keras 0.2 wrote.

    `network` is its name in `danq.models`, `title` that in print. `filters` and `units` are the
    paper's, to be scaled; `kernel_size` and `pool_size` are fixed in the paper and here.
    """

    network: str
    title: str
    filters: int
    units: int
    kernel_size: int
    pool_size: int


LAYOUTS = {
    "danq": Layout("danq", "DanQ", 320, 320, 26, 13),
    "danq-jaspar": Layout("danq_jaspar", "DanQ-JASPAR", 1024, 512, 30, 15),
}


def read_theano(path: Path, kind: str, *, backward: str) -> Weights:
    """Read DanQ or DanQ-JASPAR, `kind` ``danq`` or ``danq-jaspar``, from an HDF5 file of Keras 0.2.

    `backward` is how the second half of the recurrence reads, ``reversed`` or ``forward``.
    InputError also when a parameter is missing, of another shape or one too many.
    """
    layout = LAYOUTS[kind]
    arrays, groups = _read(path, layout.title)
    checked = Checked(arrays, path, f"{layout.title} as Keras 0.2 wrote it")
    convolution, recurrence, hidden, logits = groups
    _refuse_the_other(arrays.get(f"{convolution}/param_0"), layout, path)
    shape = (None, 4, layout.kernel_size, 1)
    kernel = checked.take(f"{convolution}/param_0", shape)
    filters = kernel.shape[0]
    bias = checked.take(f"{convolution}/param_1", (filters,))
    width = filters / layout.filters
    units = scale_units(layout.units, width)
    halves = [_lstm(checked, recurrence, first, filters, units) for first in (0, 12)]
    hidden_weights = _dense(checked, hidden, None)
    positions = count_positions(checked, f"{hidden}/param_0", len(hidden_weights[0]), 2 * units)
    logits_weights = _dense(checked, logits, hidden_weights[0].shape[1])
    checked.finish()
    correlated = kernel[:, :, ::-1, 0].transpose(2, 1, 0)
    return Weights(
        network=layout.network,
        layers={
            "convolution_1": [reorder_channels(correlated, CHANNELS), bias],
            "recurrence_1": halves[0] + halves[1],
            "hidden_1": hidden_weights,
            "logits": logits_weights,
        },
        width=width,
        hidden=hidden_weights[0].shape[1],
        outputs=logits_weights[0].shape[1],
        windows=matching_windows(
            lambda length: (length - layout.kernel_size + 1) // layout.pool_size,
            positions,
            at_most=(positions + 2) * layout.pool_size + layout.kernel_size,
        ),
        options={"gate": "legacy_hard_sigmoid", "backward": backward},
    )


def _lstm(checked: Checked, group: str, first: int, inputs: int, units: int) -> list[Array]:
    """Gather one direction: kernel (inputs, 4 units), recurrent kernel, bias, gates i, f, c, o."""
    parts: dict[str, list[Array]] = {}
    for place, gate in enumerate(_FILE_GATES):
        names = [f"{group}/param_{first + 3 * place + offset}" for offset in range(3)]
        shapes = ((inputs, units), (units, units), (units,))
        parts[gate] = [checked.take(n, shape) for n, shape in zip(names, shapes, strict=True)]
    return [
        np.concatenate([parts[gate][offset] for gate in _KERAS_GATES], axis=-1)
        for offset in range(3)
    ]


def _dense(checked: Checked, group: str, inputs: int | None) -> list[Array]:
    kernel = checked.take(f"{group}/param_0", (inputs, None))
    return [kernel, checked.take(f"{group}/param_1", (kernel.shape[1],))]


def _read(path: Path, title: str) -> tuple[dict[str, npt.NDArray[np.generic]], list[str]]:
    """Read all parameters by ``group/name``, and the four groups that have any."""
    try:
        with h5py.File(path, "r") as file:
            check_weights(file, os.path.getsize(path), path)
            groups = _groups(file, path, title)
            arrays = {
                # An array whatever it is: Checked tells what it should have been.
                f"{group}/{name}": np.asarray(value[()])
                for group in groups
                for name, value in file[group].items()
                if isinstance(value, h5py.Dataset)
            }
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError("does not exist", path=path) from error
    except ERRORS as error:
        cause = getattr(error, "strerror", None) or "it is not an HDF5 file, or a damaged one"
        raise InputError(f"cannot be read ({cause})", path=path) from error
    return arrays, groups


def _refuse_the_other(kernel: npt.NDArray[np.generic] | None, layout: Layout, path: Path) -> None:
    """Name the kind to import, where the kernels are as wide as those of the other network."""
    for kind, other in LAYOUTS.items():
        if (
            other is not layout
            and kernel is not None
            and kernel.ndim == 4
            and kernel.shape[2] == other.kernel_size
        ):
            raise InputError(f"holds {other.title}'s parameters: --from {kind}", path=path)


def _groups(file: h5py.File, path: Path, title: str) -> list[str]:
    names = sorted(file, key=lambda name: (len(name), name))
    expected = f"{title} as Keras 0.2 wrote it"
    if not names or not all(
        re.fullmatch(r"layer_\d+", name) and isinstance(file[name], h5py.Group) for name in names
    ):
        found = (
            ", ".join([*map(quoted, names[:4]), *(["…"] if len(names) > 4 else [])]) or "nothing"
        )
        raise InputError(
            f"holds {found} at its top, expected {expected}: groups layer_0, layer_1, …", path=path
        )
    counts = {name: len(file[name]) for name in names}
    _check_counts(file, counts, path)
    full = [name for name, count in counts.items() if count]
    if tuple(counts[name] for name in full) != _COUNTS:
        found = ", ".join(f"{name} ({counts[name]})" for name in full) or "none"
        raise InputError(
            f"found parameters in these groups: {found}; expected {expected}: four groups with "
            f"{', '.join(map(str, _COUNTS))} (convolution, recurrence, two dense layers)",
            path=path,
        )
    return full


def _check_counts(file: h5py.File, counts: dict[str, int], path: Path) -> None:
    """Hold the counts that Keras 0.2 noted, where they are there, against what is found."""
    layers = _read_count(file, "nb_layers", path)
    if layers not in (None, len(counts)):
        raise InputError(
            f"notes {layers} layers in its attribute nb_layers, holds {len(counts)}", path=path
        )
    for name, count in counts.items():
        noted = _read_count(file[name], "nb_params", path)
        if noted not in (None, count):
            raise InputError(
                f"notes {noted} parameters in nb_params of {name}, holds {count}", path=path
            )


def _read_count(group: h5py.Group, attribute: str, path: Path) -> int | None:
    """Read a count, a number or an array of one; None where none is noted."""
    if attribute not in group.attrs:
        return None
    value = np.asarray(group.attrs[attribute])
    if value.size != 1 or value.dtype.kind not in "iu":
        raise InputError(
            f"holds no whole number in the attribute {attribute} of {group.name}, expected one",
            path=path,
        )
    return int(value.item())
