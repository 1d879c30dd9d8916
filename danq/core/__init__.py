"""Layers and topologies for any sequence, image or volume. No DNA in here."""

from danq.core.startup import load_backend

# Before anything here imports Keras.
load_backend()

from danq.core import activations, layers, topologies  # noqa: E402

__all__ = ["activations", "layers", "topologies"]
