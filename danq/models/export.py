"""A model file as ONNX or as TensorFlow SavedModel, for programs that have no Keras.

Both hold the network in float32 with input ``sequence`` (batch, window, 4), one-hot, any batch, and
outputs ``probabilities`` and ``logits``, each (batch, targets). The metadata travel as JSON: in an
ONNX file as the property ``danq``, in a SavedModel as ``assets.extra/danq.json``.
"""

from __future__ import annotations

import functools
import importlib.util
import logging
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import numpy.typing as npt

from danq import models
from danq.errors import InputError
from danq.models.loaded import files_of
from danq.names import check_utf8
from danq.outputs import check_ending, check_output, whole
from danq.paths import StrPath
from danq.ranges import checked

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

TOLERANCE = 1e-4
"""How far a probability may be from Keras's on the CPU; logits by this share of the largest one."""

_ONNX_PACKAGES = ("onnx", "onnxruntime", "tf2onnx")
Outputs = dict[str, npt.NDArray[np.float32]]
_Write = Callable[[Any, Path, str], Callable[..., Outputs]]


class ExportError(RuntimeError):
    """What was written does not compute what the network computes."""


@checked
def export(model: StrPath | keras.Model, output: StrPath, *, to: str) -> None:
    """Write a model for other programs, whole or not at all.

    What was written is loaded again and compared with Keras on random windows first.

    Parameters
    ----------
    model
        A model file, or a network of `danq.models.load`.
    output
        With ``onnx`` a file whose name ends in `.onnx`; with ``saved_model`` a folder that does not
        exist yet.
    to
        ``onnx`` or ``saved_model``.

    Raises
    ------
    InputError
        When the model cannot be read, the output's name does not fit, Keras runs on another backend
        than TensorFlow, or a package is missing.
    ExportError
        When outputs differ from Keras's by more than `TOLERANCE`.
    """
    output = Path(output)
    write = {"onnx": _write_onnx, "saved_model": _write_saved_model}.get(to)
    if write is None:
        raise InputError(f'found format "{to}", expected onnx or saved_model')
    if to == "onnx":
        _check_onnx(model, output)
    elif os.path.lexists(output) or output.suffix == ".onnx":
        fault = "exists already" if os.path.lexists(output) else "is named like an ONNX file"
        raise InputError(f"{fault}, expected a folder to make", path=output)
    if to == "saved_model":
        check_utf8(output, "TensorFlow")
    with files_of([model]) as [file]:
        _export(file, output, write)


def _export(file: StrPath, output: Path, write: _Write) -> None:
    models.metadata(file)
    models.load_backend()
    import keras

    from danq.core.startup import hidden_notes

    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"export needs Keras on TensorFlow, found {keras.backend.backend()}: set "
            "KERAS_BACKEND=tensorflow (a model file is the same for every backend)"
        )
    network = models.load(file)
    text = network.danq.to_json()
    servable = _servable(network)
    with whole(output) as partial:
        with hidden_notes():
            run = write(servable, partial, text)
            difference = _difference(servable, run)
        if not difference <= TOLERANCE:
            raise ExportError(f"{output}: outputs differ from Keras's by {difference:.1e}")
    logger.info("%s: outputs within %.1e of Keras's", output, max(difference, 1e-7))


def _check_onnx(model: object, output: Path) -> None:
    check_ending(output, "ONNX")
    missing = [name for name in _ONNX_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"ONNX export needs {', '.join(missing)}, not installed here: pip install 'danq[onnx]'"
        )
    check_output(output, inputs=[model])


def _servable(network: Any) -> Any:
    """Copy a network with both outputs, and without kernels that only a GPU has."""
    import keras

    from danq.models.precision import with_precision

    copy = with_precision(network, "float32")
    for layer in copy._flatten_layers():
        if hasattr(layer, "use_cudnn"):
            layer.use_cudnn = False
    outputs = {"probabilities": copy.layers[-1].output, "logits": copy.layers[-1].input}
    servable = keras.Model(copy.inputs[0], outputs, name=network.name)
    # Keras exports only what has been called.
    servable(keras.ops.zeros((1, *servable.input_shape[1:])))
    return servable


def _write_onnx(servable: Any, path: Path, metadata: str) -> Callable[..., Outputs]:
    import onnx
    import onnxruntime
    from tf2onnx import optimizer

    # tf2onnx's optimizers copy all weights again and again: minutes and 14 GB for DeepSEA. Only
    # the one that loops need is kept; ONNX Runtime optimizes when it loads.
    needed = {"remove_identity": optimizer.IdentityOptimizer}
    light = functools.partial(optimizer.optimize_graph, catch_errors=False, optimizers=needed)
    with mock.patch.object(optimizer, "optimize_graph", lambda graph, *_, **__: light(graph)):
        _keras_export(servable, path, "onnx")
    file = onnx.load(path)
    for value in (*file.graph.input, *file.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    file.doc_string = f"{servable.name}, exported by danq; its metadata are in the property danq"
    onnx.helper.set_model_props(file, {"danq": metadata})
    onnx.save(file, path)
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_outputs()]
    return lambda sequence: dict(
        zip(names, session.run(names, {"sequence": sequence}), strict=True)
    )


def _write_saved_model(servable: Any, path: Path, metadata: str) -> Callable[..., Outputs]:
    import tensorflow as tf

    _keras_export(servable, path, "tf_saved_model")
    extra = path / "assets.extra"
    extra.mkdir()
    (extra / "danq.json").write_text(metadata, encoding="utf-8")
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    return lambda sequence: {
        name: value.numpy() for name, value in serve(sequence=tf.constant(sequence)).items()
    }


def _keras_export(servable: Any, path: Path, kind: str) -> None:
    import keras

    spec = keras.InputSpec(shape=servable.input_shape, dtype="float32")
    spec.name = "sequence"
    with warnings.catch_warnings():
        # Keras mends tf2onnx for NumPy 2 and asks for a name that NumPy has dropped.
        warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
        servable.export(str(path), format=kind, verbose=False, input_signature=[spec])


def _difference(servable: Any, run: Callable[..., Outputs]) -> float:
    """Return the largest difference from Keras on the CPU over three random windows."""
    import keras

    shape = (3, *servable.input_shape[1:])
    random = np.random.default_rng(1)
    sequence = np.eye(shape[-1], dtype=np.float32)[random.integers(shape[-1], size=shape[:2])]
    sequence[:, ::17] = 0
    with keras.device("cpu:0"):
        expected = servable(sequence)
        found = run(sequence)
    worst = [0.0]
    for name, values in expected.items():
        values = keras.ops.convert_to_numpy(values)
        # Rounding grows with the terms that are summed, and so with the logits.
        worst.append(float(np.abs(found[name] - values).max() / max(1, np.abs(values).max())))
    return float(np.max(worst))
