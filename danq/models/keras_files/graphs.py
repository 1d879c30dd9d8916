"""How the layers of a functional model are joined, as Keras 2 wrote it and as Keras 3 does."""

from typing import Any

from danq.errors import InputError, quoted
from danq.paths import StrPath

MODELS = ("Functional", "Sequential", "Model")
_PLAIN = (None, False)


def join_as_keras_3(config: dict[str, Any]) -> dict[str, Any]:
    """Rewrite the joints of a functional model of Keras 2.

    Keras 2 lists ``[layer, node, tensor, arguments]`` for each tensor that a call reads, and counts
    a model within a model as its own first node. Keras 3 has ``args`` and ``kwargs``, and does not.
    """
    layers = [layer for layer in config.get("layers", []) if isinstance(layer, dict)]
    graph = _Graph(layers)
    for layer in layers:
        nodes = layer.get("inbound_nodes")
        if isinstance(nodes, list):
            layer["inbound_nodes"] = [graph.node(node) for node in nodes]
    for ends in ("input_layers", "output_layers"):
        config[ends] = graph.ends(config.get(ends))
    return config


class _Graph:
    def __init__(self, layers: list[dict[str, Any]]) -> None:
        names = [layer.get("name") for layer in layers]
        self._names = {name for name in names if isinstance(name, str)}
        self._models = {
            name
            for name, layer in zip(names, layers, strict=True)
            if isinstance(name, str) and layer.get("class_name") in MODELS
        }

    def _is_tensor(self, value: Any) -> bool:
        return (
            isinstance(value, list)
            and len(value) in (3, 4)
            and isinstance(value[0], str)
            and value[0] in self._names
            and all(type(number) is int for number in value[1:3])
        )

    def _place(self, value: list[Any]) -> list[Any]:
        return [value[0], value[1] - (value[0] in self._models), value[2]]

    def _tensor(self, value: Any) -> Any:
        """Return a tensor for a reference to one, and other values as they are."""
        if self._is_tensor(value):
            config = {"shape": [], "dtype": "float32", "keras_history": self._place(value)}
            return {"class_name": "__keras_tensor__", "config": config}
        return [self._tensor(item) for item in value] if isinstance(value, list) else value

    def node(self, node: Any) -> Any:
        """Rewrite one call of a layer."""
        read = [node] if self._is_tensor(node) else node
        if not isinstance(read, list) or not read or not all(map(self._is_tensor, read)):
            return node
        tensors = [self._tensor(value) for value in read]
        arguments = read[0][3] if len(read[0]) == 4 and isinstance(read[0][3], dict) else {}
        return {
            "args": tensors if len(tensors) == 1 else [tensors],
            "kwargs": {name: self._tensor(value) for name, value in arguments.items()},
        }

    def ends(self, value: Any) -> Any:
        """Rewrite the references to a model's inputs or outputs."""
        if self._is_tensor(value):
            return self._place(value)
        return [self.ends(item) for item in value] if isinstance(value, list) else value


def check_calls(layer: dict[str, Any], path: StrPath) -> None:
    """Refuse ``training``, and masks that are not tensors: a layer would predict as in training."""
    for node in layer.get("inbound_nodes") or []:
        arguments = node.get("kwargs") if isinstance(node, dict) else None
        if not isinstance(arguments, dict):
            continue
        training, mask = arguments.get("training"), arguments.get("mask")
        fault = None
        if training not in _PLAIN:
            same = "a network that predicts the same each time"
            fault = f"training = {quoted(training)}, expected {same}"
        elif mask is not None and not isinstance(mask, (dict, list)):
            fault = f"mask = {quoted(mask)}, expected a tensor"
        if fault:
            name = quoted(layer.get("name"))
            raise InputError(f"calls the layer {name} with {fault}", path=path)
