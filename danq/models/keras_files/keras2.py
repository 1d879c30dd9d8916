"""Networks as Keras 2 and HDF5 files describe them, rewritten for Keras 3.

The same name may mean another function, and arguments came, went and changed their names. What
Keras 3 computes otherwise is translated so that every prediction stays the same, or refused.
"""

import inspect
from typing import Any

import keras
import numpy as np

from danq.errors import InputError, quoted
from danq.models.keras_files.description import RUNS_CODE, Description
from danq.models.keras_files.graphs import join_as_keras_3
from danq.paths import StrPath

# Keras 2's slope was 0.2; under this name Keras 3 has one of 1/6.
_LEGACY_HARD_SIGMOID = {
    "module": "builtins",
    "class_name": "function",
    "config": "danq>legacy_hard_sigmoid",
    "registered_name": "function",
}
_RENAMED_FUNCTIONS: dict[str, Any] = {
    "hard_sigmoid": _LEGACY_HARD_SIGMOID,
    # What TensorFlow 2 calls its softmax within.
    "softmax_v2": "softmax",
}
_RENAMED_CLASSES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "Model": "Functional",
    "ThresholdedReLU": "ReLU",
}
_MODELS = {"Functional": "keras.src.models.functional", "Sequential": "keras"}
_SPACES = {
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
}
# Arguments without any part in what is predicted.
_IDLE = {
    "adjustment",
    "autocast",
    "batch_size",
    "build_config",
    "fused",
    "implementation",
    "input_dtype",
    "key_shape",
    "query_shape",
    "trainable",
    "value_shape",
}
_KERNELS_TURNED = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)


def modernise(description: Description, path: StrPath) -> dict[str, Any]:
    """Return a network's description in the form of `.keras` files of Keras 3.

    It comes from an `.h5` file of Keras 2 or 3, or a `.keras` file of Keras 2. InputError when
    Keras 3 has nothing that predicts the same.
    """
    network: dict[str, Any] = _Rewriter(description, path).rewrite(description.network, "")
    return network


class _Rewriter:
    """Walks through a description and rewrites what it finds."""

    def __init__(self, description: Description, path: StrPath) -> None:
        self._is_two = description.version == 2
        self._path = path

    def rewrite(self, value: Any, key: str) -> Any:
        """Rewrite a value that is found under `key`."""
        if isinstance(value, list):
            return [self.rewrite(item, key) for item in value]
        if not isinstance(value, dict):
            is_function = self._is_two and key.endswith("activation") and isinstance(value, str)
            return _RENAMED_FUNCTIONS.get(value, value) if is_function else value
        if value.get("type") == "ndarray" and "value" in value:
            return value["value"]
        if "class_name" in value and "config" in value:
            return self._object(value, key)
        return {name: self.rewrite(item, name) for name, item in value.items()}

    def _object(self, item: dict[str, Any], key: str) -> Any:
        """Rewrite an object; one without a module lies where its role says."""
        name = item["class_name"]
        if key == "dtype" and self._is_two and isinstance(item["config"], dict):
            return item["config"].get("name")
        is_value = isinstance(name, str) and name.startswith("__")
        if is_value or name in RUNS_CODE or name in ("function", "slice"):
            return item
        if not isinstance(name, str):
            raise InputError(
                f"holds {quoted(name)} as the class of a layer, expected a name", path=self._path
            )
        name = _RENAMED_CLASSES.get(name, name) if self._is_two else name
        rest = {
            part: self.rewrite(value, part)
            for part, value in item.items()
            if part not in ("class_name", "config", "module", "build_config", "shared_object_id")
        }
        return {
            "registered_name": None,
            **rest,
            "module": self._module(item, name, key),
            "class_name": name,
            "config": self._config(item, name),
        }

    def _module(self, item: dict[str, Any], name: str, key: str) -> str:
        if name in _MODELS:
            return _MODELS[name]
        module = item.get("module")
        is_inner = self._is_two and str(module).split(".")[0] in ("keras", "tf_keras")
        if module is None or is_inner:
            return _SPACES.get(key.rsplit("_", 1)[-1], "keras.layers")
        return str(module)

    def _config(self, item: dict[str, Any], name: str) -> Any:
        config = item["config"]
        if name == "Sequential" and isinstance(config, list):
            config = {"name": "sequential", "layers": config}
        if not isinstance(config, dict):
            return self.rewrite(config, "")
        if self._is_two:
            config = self._with_changed_arguments(item["class_name"], config)
        config = self._without_unknown(name, config)
        shape = config.pop("batch_input_shape", None)
        if name == "InputLayer" and shape is not None:
            config["batch_shape"] = shape
        rewritten = {key: self.rewrite(value, key) for key, value in config.items()}
        if name == "Functional" and self._is_two:
            return join_as_keras_3(rewritten)
        if name == "Sequential":
            rewritten["layers"] = _with_input(config.get("layers"), rewritten.get("layers"))
        return rewritten

    def _without_unknown(self, name: str, config: dict[str, Any]) -> dict[str, Any]:
        """Leave out arguments that Keras 3 lacks; refuse those that change what is predicted."""
        layer = getattr(keras.layers, name, None)
        known = _arguments(layer) | {"batch_input_shape"} if isinstance(layer, type) else {*config}
        for key, value in config.items():
            is_neutral = value in (None, False) or (key == "groups" and value == 1)
            if key not in known | _IDLE and not is_neutral:
                raise InputError(
                    f"holds a layer {name} with {quoted(key)} = {quoted(value)}, which "
                    "Keras 3 does not have",
                    path=self._path,
                )
        return {key: value for key, value in config.items() if key in known}

    def _with_changed_arguments(self, name: str, config: dict[str, Any]) -> dict[str, Any]:
        # Initial values play no part once weights are read, and Keras 3 does not know all of them.
        config = {key: v for key, v in config.items() if not key.endswith("_initializer")}
        if name in ("GRU", "GRUCell"):
            # Keras before 2.2 had only this kind, and no word for it.
            config.setdefault("reset_after", False)
        if name == "LeakyReLU" and "alpha" in config:
            config["negative_slope"] = config.pop("alpha")
        if name == "ThresholdedReLU":
            config["threshold"] = config.pop("theta", 1.0)
        axis = config.get("axis")
        if name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
            config["axis"] = axis[0]
        return config


def _arguments(layer: type) -> set[str]:
    """Return all that a layer of Keras 3 takes."""
    names: set[str] = set()
    for kind in layer.__mro__:
        if "__init__" in vars(kind):
            parameters = inspect.signature(vars(kind)["__init__"]).parameters.values()
            names.update(parameter.name for parameter in parameters)
            if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
                break
    return names


def _with_input(described: Any, layers: Any) -> Any:
    """Begin a Sequential with its input, which Keras 2 noted in its first layer."""
    match described:
        case [{"class_name": "InputLayer"}, *_]:
            return layers
        case [{"config": {"batch_input_shape": shape}}, *_] if shape is not None:
            entry = {
                "module": "keras.layers",
                "class_name": "InputLayer",
                "config": {"batch_shape": shape},
                "registered_name": None,
            }
            return [entry, *layers]
    return layers


def flip_kernels(network: Any, description: Description, path: StrPath) -> None:
    """Turn kernels round that Keras 2 trained on Theano, which convolves where others correlate.

    InputError for layers whose kernels it is not known to have turned.
    """
    if description.version != 2 or description.backend != "theano":
        return
    for layer in network._flatten_layers():
        if isinstance(layer, _KERNELS_TURNED):
            kernel, *rest = layer.get_weights()
            layer.set_weights([np.flip(kernel, tuple(range(kernel.ndim - 2))), *rest])
        elif "Conv" in type(layer).__name__:
            raise InputError(
                f"holds a {type(layer).__name__} of Keras 2 on Theano, expected no convolutions "
                "but Conv1D, Conv2D and Conv3D",
                path=path,
            )
