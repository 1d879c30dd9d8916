"""Released weights of the papers and other people's models, turned into danq's model files.

Importing this package is cheap; Keras loads with `import_model`, PyTorch only for its files.
"""

from typing import TYPE_CHECKING

from danq.models.published.sources import KINDS, SOURCES, Source
from danq.models.startup import load_with_keras
from danq.targets.published import published_targets, read_names

__all__ = [
    "KINDS",
    "SOURCES",
    "Source",
    "import_model",
    "published_targets",
    "read_names",
    "readings",
]

if TYPE_CHECKING:
    from danq.models.published.backward import readings
    from danq.models.published.importer import import_model
else:
    __getattr__ = load_with_keras(__name__, {"import_model": "importer", "readings": "backward"})
