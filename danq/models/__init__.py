"""DeepSEA, DanQ and DanQ-JASPAR: networks, their files, their predictions.

Importing this package is cheap; Keras loads when something here that needs it is first touched.
"""

from typing import TYPE_CHECKING

from danq.models.keras_files.identity import checksum
from danq.models.keras_files.info import describe
from danq.models.keras_files.metadata import Metadata, metadata
from danq.models.startup import load_backend, load_with_keras

DEFAULT_BATCH = 256
CARD_BATCH = 1024
"""Windows predicted at once unless told otherwise, on a CPU and on a graphics card."""

PRECISIONS = ("float32", "bfloat16", "float16")
"""What the inner layers of a network may compute in."""

_HOMES = {
    "adopt": "adoption",
    "alexnet": "other_fields",
    "atomnet": "other_fields",
    "beluga": "networks",
    "danq": "networks",
    "danq_jaspar": "networks",
    "deepsea": "networks",
    "load": "files",
    "prepare_devices": "devices",
    "read_motifs": "motifs.kernels",
    "start_from_motifs": "motifs.kernels",
    "Predictor": "predict",
    "predictor_of": "predict",
    "save": "files",
}

__all__ = [
    "CARD_BATCH",
    "DEFAULT_BATCH",
    "PRECISIONS",
    "Metadata",
    "Predictor",
    "adopt",
    "alexnet",
    "atomnet",
    "beluga",
    "checksum",
    "danq",
    "danq_jaspar",
    "deepsea",
    "describe",
    "load",
    "load_backend",
    "metadata",
    "predictor_of",
    "prepare_devices",
    "read_motifs",
    "save",
    "start_from_motifs",
]

if TYPE_CHECKING:
    from danq.models.adoption import adopt
    from danq.models.devices import prepare_devices
    from danq.models.files import load, save
    from danq.models.motifs.kernels import read_motifs, start_from_motifs
    from danq.models.networks import beluga, danq, danq_jaspar, deepsea
    from danq.models.other_fields import alexnet, atomnet
    from danq.models.predict import Predictor, predictor_of
else:
    __getattr__ = load_with_keras(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
