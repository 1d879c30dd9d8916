"""Layers and topologies for any sequence, image or volume. No DNA in here."""

from danq.core import layers, topologies

__all__ = ["layers", "topologies"]
