"""Make a danq model file of a network that was built and trained elsewhere with Keras.

What a file of plain Keras does not say, the user does: the names of the targets, the order of the
channels, and what an unknown base looks like. What danq needs otherwise is checked, and rebuilt
where that changes no number: logits and sigmoid become two layers, and a network that reads
channels in another order than A, C, G, T is made to read that order.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from danq.errors import InputError
from danq.genome import ALPHABET
from danq.models.files import check_runs, read_network, save
from danq.models.keras_files.archive import open_archive
from danq.models.keras_files.metadata import (
    MEMBER,
    Metadata,
    check_channels,
    check_unknown,
    metadata,
)
from danq.outputs import check_ending, check_output
from danq.paths import StrPath, file_digest

logger = logging.getLogger(__name__)

ADOPTED = "keras"
"""What the training record calls the kind of an adopted network."""

_SUFFIXES = (".keras", ".h5", ".hdf5")
_INPUT = "one input of one-hot DNA (None, window, 4)"


def adopt(
    path: StrPath,
    output: StrPath,
    *,
    targets: Sequence[str],
    groups: Sequence[str] | None = None,
    channels: str = ALPHABET,
    unknown: float = 0.0,
) -> Metadata:
    """Write a danq model file that predicts what a Keras model from elsewhere predicts.

    The network must read one-hot DNA, float (batch, window, 4), and end in a Dense layer and a
    sigmoid, in one layer or two. Plain Keras reads the result too. Where `channels` is another
    order than A, C, G, T, the kernels of the convolution that reads the input are permuted; where
    something else reads the input, a fixed Dense layer ``channel_order`` is put before the network.

    Parameters
    ----------
    path
        A `.keras` file, or an `.h5` file of a whole model, as Keras 2 wrote them. It is read in
        Keras's safe mode: code inside the file does not run.
    output
        The model file to write, ending in `.keras`.
    targets, groups
        Name and group of each output, in order. Groups default to one for all.
    channels
        The order in which the network reads the four bases, for instance ``AGCT``.
    unknown
        What each channel of an unknown base held when the network was trained: 0, or 0.25.

    Returns
    -------
    Metadata
        What was written beside the weights.

    Raises
    ------
    InputError
        When the file cannot be read, or the network is another kind than described above; it names
        what was found.
    """
    path, output = Path(path), Path(output)
    check_ending(output, "model")
    check_output(output, inputs=[path])
    check_channels(channels)
    check_unknown(unknown)
    checksum = _check_file(path, targets, channels, unknown)
    network = read_network(path)
    _check_network(network, len(targets), path)
    check_runs(network, path)
    adopted = _reorder_channels(_with_logits(network, path), channels, path)
    save(
        adopted,
        output,
        targets=targets,
        groups=groups,
        unknown=unknown,
        training={
            "model": ADOPTED,
            "width": 1.0,
            "adopted": path.name,
            "adopted_sha256": checksum,
            "adopted_channels": channels,
        },
    )
    return metadata(output)


def _check_file(path: Path, targets: Sequence[str], channels: str, unknown: float) -> str:
    """Refuse what is not a file of a Keras model; give its checksum."""
    if path.is_dir():
        raise InputError("is a folder, expected a .keras or .h5 file", path=path)
    if path.suffix not in _SUFFIXES:
        raise InputError("expected a file whose name ends in .keras or .h5", path=path)
    checksum = file_digest(path)
    if path.suffix == ".keras":
        with open_archive(path) as archive:
            is_ours = MEMBER in archive.namelist()
        if is_ours:
            # Whoever imports a danq file again must not contradict what it says of itself.
            metadata(path).check(
                path, targets=targets, channels=channels, unknown=unknown, source="this import says"
            )
    return checksum


def _check_network(network: Any, outputs: int, path: Path) -> None:
    """Refuse other inputs and outputs than those of a network over DNA."""
    read, given = (
        [str(tuple(tensor.shape)) for tensor in side] for side in (network.inputs, network.outputs)
    )
    if len(read) != 1:
        raise InputError(f"has {len(read)} inputs {', '.join(read)}, expected {_INPUT}", path=path)
    batch, *shape = network.inputs[0].shape
    kind = network.inputs[0].dtype
    if batch is not None or len(shape) != 2 or shape[0] is None or shape[1] != len(ALPHABET):
        hint = " (channels come first)" if shape[:1] == [len(ALPHABET)] and len(shape) == 2 else ""
        raise InputError(f"reads {read[0]}{hint}, expected {_INPUT}", path=path)
    if not str(kind).startswith(("float", "bfloat")):
        raise InputError(f"reads {kind}, expected floats, one-hot", path=path)
    if given != [f"(None, {outputs})"]:
        raise InputError(
            f"gives {', '.join(given)}, expected (None, {outputs}) for {outputs} target names",
            path=path,
        )


def _with_logits(network: Any, path: Path) -> keras.Model:
    """Rebuild the end as a linear Dense layer with a bias and a sigmoid layer, weights kept."""
    last = dense = network.layers[-1]
    inner = keras.activations.sigmoid
    if isinstance(last, keras.layers.Activation) and len(network.layers) > 1:
        dense, inner = network.layers[-2], keras.activations.linear
    ends_well = (
        isinstance(dense, keras.layers.Dense)
        and dense.activation is inner
        and last.activation is keras.activations.sigmoid
        and _gives_the_output(last, network)
    )
    if not ends_well:
        raise InputError(
            f"ends in {_name_layers(network.layers[-2:])}, expected a Dense layer with a sigmoid",
            path=path,
        )
    features = dense.input
    taken = {layer.name for layer in network.layers} - {dense.name, last.name}
    config = dense.get_config() | {
        "activation": "linear",
        "use_bias": True,
        "name": _free("logits", taken),
    }
    logits = keras.layers.Dense.from_config(config)
    output = keras.layers.Activation(
        "sigmoid", name=_free("output", taken), dtype=dense.dtype_policy
    )
    rebuilt = keras.Model(network.inputs[0], output(logits(features)), name=network.name)
    weights = dense.get_weights()
    logits.set_weights([weights[0], weights[1] if dense.use_bias else np.zeros(dense.units)])
    return rebuilt


def _gives_the_output(layer: Any, network: Any) -> bool:
    try:
        return layer.output is network.outputs[0]
    except (AttributeError, ValueError):  # a layer used in several places has no one output
        return False


def _name_layers(layers: Sequence[Any]) -> str:
    """Name layers with their activations, as ``Dense (linear), Softmax``."""
    words = []
    for layer in layers:
        activation = getattr(layer, "activation", None)
        name = getattr(activation, "__name__", None)
        words.append(type(layer).__name__ + (f" ({name})" if name else ""))
    return ", ".join(words)


def _free(name: str, taken: set[str]) -> str:
    candidates = [name, *(f"{name}_{number}" for number in range(1, len(taken) + 2))]
    return next(candidate for candidate in candidates if candidate not in taken)


def _reorder_channels(network: keras.Model, channels: str, path: Path) -> keras.Model:
    """Reorder the kernels of a network that reads another order of channels to A, C, G, T."""
    if channels == ALPHABET:
        return network
    probe = np.random.default_rng(1).random((2, *network.input_shape[1:]), dtype=np.float32)
    theirs = [ALPHABET.index(base) for base in channels]
    wanted = _logits(network, probe[:, :, theirs])
    layer = _first_convolution(network)
    if layer is not None:
        kernel, *rest = layer.get_weights()
        layer.set_weights([kernel[:, [channels.index(base) for base in ALPHABET]], *rest])
        # A convolution that is used in a second place as well may read something else there.
        if _close(_logits(network, probe), wanted):
            logger.info('%s: the kernels of "%s" now read %s', path, layer.name, ALPHABET)
            return network
        layer.set_weights([kernel, *rest])
    result = _behind_permutation(network, theirs)
    if not _close(_logits(result, probe), wanted):
        raise InputError(f"cannot be made to read {ALPHABET}", path=path)
    logger.info('%s: a layer "channel_order" now gives it %s', path, channels)
    return result


def _logits(network: keras.Model, inputs: Any) -> Any:
    """Predict what stands before the sigmoid, where rare targets differ as much as common ones."""
    inner = keras.Model(network.inputs[0], network.layers[-1].input)
    return inner.predict_on_batch(inputs)


def _first_convolution(network: Any) -> Any:
    """Find the convolution that alone reads the input, if there is one."""
    readers = [
        operation
        for operation in network.operations
        if any(
            tensor is network.inputs[0]
            for node in operation._inbound_nodes
            for tensor in node.input_tensors
        )
    ]
    match readers:
        case [keras.layers.Conv1D() as layer] if (
            layer.groups == 1 and layer.data_format == "channels_last"
        ):
            return layer
    return None


def _behind_permutation(network: keras.Model, theirs: list[int]) -> keras.Model:
    """Put a fixed permutation of channels before a network whose end stays in sight."""
    logits, output = network.layers[-2:]
    trunk = keras.Model(network.inputs[0], logits.input, name=f"{network.name}_trunk")
    order = keras.layers.Dense(len(ALPHABET), use_bias=False, trainable=False, name="channel_order")
    one_hot = keras.Input(network.input_shape[1:], name="one_hot")
    # A layer of its own, since one that is used twice has no one input, and that is the logits.
    ending = keras.layers.Activation.from_config(output.get_config())
    result = keras.Model(one_hot, ending(logits(trunk(order(one_hot)))), name=network.name)
    order.set_weights([np.eye(len(ALPHABET), dtype=np.float32)[:, theirs]])
    return result


def _close(one: Any, other: Any) -> bool:
    """Return whether logits agree, except for the last digits that a GPU rounds off."""
    return bool(np.allclose(one, other, rtol=1e-3, atol=1e-3, equal_nan=True))
