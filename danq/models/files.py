"""Save and load networks together with what they were made for."""

import json
import math
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

import danq.core.activations  # noqa: F401 (registers what model files may name)
from danq.errors import InputError, is_memory, quoted
from danq.genome import ALPHABET
from danq.models.keras_files.archive import seal
from danq.models.keras_files.description import check_network, read_description, remembers
from danq.models.keras_files.keras2 import flip_kernels, modernise
from danq.models.keras_files.metadata import MEMBER, SEALED, Metadata, metadata
from danq.models.keras_files.weights import count_values, open_weights
from danq.outputs import check_ending, whole
from danq.paths import StrPath
from danq.ranges import checked
from danq.targets.groups import UNGROUPED, check_group
from danq.write_errors import full_disk

ENDING = (
    "its last two layers to be a Dense of logits, linear and with a bias, and "
    'keras.layers.Activation("sigmoid")'
)

_MOST_VALUES = 1 << 30


@checked
def save(
    network: keras.Model,
    path: StrPath,
    *,
    targets: Sequence[str],
    groups: Sequence[str] | None = None,
    **details: Any,
) -> None:
    """Write a `.keras` file with metadata, whole or not at all.

    Plain Keras reads the file too, after ``import danq.core`` where the network has an activation
    of `danq.core.activations` (those imported from DanQ's and DeepSEA's released weights).

    Parameters
    ----------
    network
        Float one-hot (batch, window, 4) to probabilities (batch, targets).
    path
        The file to write; its name ends in `.keras`.
    targets, groups
        Name and group of each output, in order. Groups default to one for all.
    **details
        Further fields of `danq.models.Metadata`.

    Raises
    ------
    InputError
        When the name does not end in `.keras`, the numbers of names and outputs differ, or the
        network does not end in logits and a sigmoid layer of its own.
    """
    from danq import __version__

    path = Path(path)
    check_ending(path, "model")
    outputs = int(network.output_shape[-1])
    groups = [UNGROUPED] * len(targets) if groups is None else groups
    if not len(targets) == len(groups) == outputs:
        raise InputError(
            f"found {len(targets)} target names and {len(groups)} groups, "
            f"the network has {outputs} outputs"
        )
    for group in groups:
        check_group(group)
    if not ends_in_logits(network):
        raise InputError(f"cannot be saved: expected {ENDING}", path=path)
    details.setdefault("version", __version__)
    record = Metadata(list(targets), list(groups), int(network.input_shape[1]), **details)
    with whole(path) as partial:
        network.save(partial)
        with zipfile.ZipFile(partial, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MEMBER, record.to_json())
            seal(archive, SEALED)


@checked
def load(
    path: StrPath,
    *,
    targets: Sequence[str] | None = None,
    window: int | None = None,
    channels: str | None = None,
    unknown: float | None = None,
) -> keras.Model:
    """Read a model file, and refuse it when it is not what the caller says it is.

    Parameters
    ----------
    path
        A `.keras` file that `save` or `danq train` wrote.
    targets
        Expected target names, in order.
    window
        Expected window, in bases.
    channels
        Expected order of the channels.
    unknown
        Expected value of each channel of an unknown base.

    Returns
    -------
    keras.Model
        The network; its attribute `danq` holds the `Metadata`.

    Raises
    ------
    InputError
        When the file cannot be read, carries no danq metadata or metadata of another network,
        reads channels in another order than A, C, G, T, or differs from what is expected; the
        sentence names the difference.
    """
    record = metadata(path)
    record.check(path, targets=targets, window=window, channels=channels, unknown=unknown)
    if record.channels != ALPHABET:
        raise InputError(
            f"reads channels in the order {record.channels}, danq gives {ALPHABET} "
            f"(danq import --from keras --channels {record.channels} rewrites it)",
            path=path,
        )
    network = read_network(path)
    shapes = (network.input_shape, network.output_shape)
    expected = ((None, record.window, len(ALPHABET)), (None, len(record.targets)))
    if shapes != expected:
        raise InputError(
            f"holds a network of shapes {shapes}, its metadata say {expected}", path=path
        )
    if not ends_in_logits(network):
        raise InputError(f"holds another network than danq reads: expected {ENDING}", path=path)
    check_runs(network, path)
    network.danq = record
    return network


def read_network(path: StrPath) -> Any:
    """Read a network with Keras, without running code that the file brings.

    What the file declares is compared with the bytes that are there first: weights, layers and the
    sizes of what they compute.

    Parameters
    ----------
    path
        A `.keras` or `.h5` file of Keras 2 or 3.

    Raises
    ------
    InputError
        When Keras cannot read it; it quotes the first sentence of its complaint.
    """
    description = read_description(path)
    is_plain = description.version > 2 and Path(path).suffix == ".keras"
    try:
        network = description.network if is_plain else modernise(description, path)
        check_network(network, path)
        text = json.dumps(network)
        with open_weights(path) as weights:
            stored = count_values(weights)
        with warnings.catch_warnings():
            # Keras notes what it will do with masks and names, which is what Keras 2 did.
            warnings.simplefilter("ignore")
            _check_size(outline(lambda: _built(text)), stored, path)
            if is_plain:
                return keras.models.load_model(path, compile=False, safe_mode=True)
            result = _built(text)
            result.load_weights(path)
    except InputError:
        raise
    except Exception as error:
        if is_memory(error):
            raise
        scratch = Path(tempfile.gettempdir())
        if cause := full_disk(error, scratch):
            raise InputError(f"{path} cannot be unpacked ({cause})", path=scratch) from error
        # A damaged description can make Keras raise almost anything.
        raise InputError(f"cannot be loaded by Keras ({_reason(error)})", path=path) from error
    flip_kernels(result, description, path)
    return result


def check_runs(network: keras.Model, name: StrPath) -> None:
    """Refuse a network that Keras builds and cannot run, before hours of work hang on it.

    What a layer says of its outputs may be wrong: those of the activation ``glu`` are half as many.

    Parameters
    ----------
    network
        Float one-hot (batch, window, 4) to anything.
    name
        The file, or what the network is called.

    Raises
    ------
    InputError
        When a layer is stateful, or one window cannot be predicted; it quotes Keras.
    """
    for layer in network._flatten_layers():
        if getattr(layer, "stateful", False):
            raise InputError(remembers(layer.name), path=name)
    with running(name):
        network(keras.ops.zeros((1, *network.input_shape[1:])))


@contextmanager
def running(name: StrPath) -> Iterator[None]:
    """Turn what Keras raises while it runs a network into a sentence that quotes it."""
    try:
        yield
    except Exception as error:
        if is_memory(error) or isinstance(error, InputError):
            raise
        raise InputError(f"cannot be run by Keras ({_reason(error)})", path=name) from error


def _reason(error: BaseException) -> str:
    """Return the first sentence of the error that caused the others."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    words = " ".join(str(error).split()).split(". ")[0].rstrip(".")
    return quoted(words or type(error).__name__, most=200)[1:-1]


def _built(text: str) -> Any:
    return keras.saving.deserialize_keras_object(json.loads(text), safe_mode=True)


def outline(build: Callable[[], Any]) -> Any:
    """Build a network without the values of its weights, which may be more than memory holds."""

    def build_outline() -> Any:
        with keras.StatelessScope(initialize_variables=False):
            return build()

    # Keras keeps a list of the variables that have no values yet, one for each thread, and a later
    # model would give them values: they are left behind with this thread.
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(build_outline).result()


def _check_size(network: Any, stored: int, path: StrPath) -> None:
    """Refuse a network that needs more weights than there are, or that no computer could run."""
    if not isinstance(network, (keras.Sequential, keras.Function)):
        raise InputError(
            f"holds a {type(network).__name__}, expected a Sequential or functional model",
            path=path,
        )
    if not network.built:
        raise InputError("holds a network whose input shape is not fixed", path=path)
    if network.count_params() > stored:
        raise InputError(
            f"describes a network of {network.count_params():,} parameters and holds {stored:,}",
            path=path,
        )
    for shape in _find_shapes(network):
        if math.prod(size or 1 for size in shape) > _MOST_VALUES:
            raise InputError(
                f"computes {shape}, expected at most {_MOST_VALUES:,} values from one window",
                path=path,
            )


def _find_shapes(network: Any) -> Iterator[tuple[int | None, ...]]:
    """Return the shapes of all that a network computes, and the networks within it."""
    for operation in getattr(network, "operations", network.layers):
        for node in operation._inbound_nodes:
            yield from (tuple(tensor.shape) for tensor in node.output_tensors)
        if isinstance(operation, (keras.Sequential, keras.Function)):
            yield from _find_shapes(operation)


def ends_in_logits(network: keras.Model) -> bool:
    """Return whether the last two layers are linear logits with a bias, and a sigmoid.

    Scores need the logits in float32, so a sigmoid inside the Dense layer would hide them.
    """
    if len(network.layers) < 2:
        return False
    *_, logits, output = network.layers
    return (
        isinstance(output, keras.layers.Activation)
        and output.activation is keras.activations.sigmoid
        and isinstance(logits, keras.layers.Dense)
        and logits.activation is keras.activations.linear
        and logits.use_bias
    )
