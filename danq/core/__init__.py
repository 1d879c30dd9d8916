"""Layers and topologies for any sequence, image or volume. No DNA in here."""

from danq.core import activations, layers, topologies

__all__ = ["activations", "layers", "topologies"]
