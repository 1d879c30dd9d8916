"""Load Keras where that is needed, and use it without its advice."""

import importlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


def load_backend() -> None:
    """Import Keras and its backend without their start-up notes, once."""
    importlib.import_module("danq.core")


def load_with_keras(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__` for names in modules of its that need Keras, by name."""

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        load_backend()
        return getattr(importlib.import_module(f"{package}.{homes[name]}"), name)

    return load


@contextmanager
def hidden_advice() -> Iterator[None]:
    """Hold back TensorFlow's advice against tracing often, which it counts over all networks.

    Each network is traced once for its fixed shapes, so with several it says nothing true.
    """
    tensorflow = logging.getLogger("tensorflow")
    tensorflow.addFilter(_is_no_advice)
    try:
        yield
    finally:
        tensorflow.removeFilter(_is_no_advice)


def _is_no_advice(record: logging.LogRecord) -> bool:
    return "triggered tf.function retracing" not in record.getMessage()
