"""What is in a model file, read without Keras where danq wrote it (`danq info`)."""

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danq import models
from danq.errors import quoted
from danq.models.keras_files.archive import CONFIG, METADATA, is_sealed, open_archive, read_json
from danq.models.keras_files.identity import RANDOM, checksum
from danq.models.keras_files.metadata import SEALED, Metadata, metadata
from danq.models.keras_files.weights import arrays, open_weights
from danq.paths import StrPath

# What describes a layer, in the order in which it is printed.
_SIZES = ("filters", "units", "kernel_size", "pool_size", "strides", "rate", "activation")
_LONGEST = 120


@dataclass(frozen=True)
class Info:
    """What a model file says of itself.

    `checksum` is that of `danq.models.checksum`; `keras_version` is empty where the file does not
    say. `parameters` counts the numbers in its weights. `layers` has one line per layer: its class
    and sizes.
    """

    path: Path
    checksum: str
    keras_version: str
    parameters: int
    layers: list[str]
    metadata: Metadata

    @property
    def groups(self) -> dict[str, int]:
        """The number of targets in each group, in order of first appearance."""
        return dict(Counter(self.metadata.groups))

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as what JSON can hold."""
        record = self.metadata
        return {
            "path": str(self.path),
            "checksum": self.checksum,
            "danq_version": record.version,
            "keras_version": self.keras_version,
            "parameters": self.parameters,
            "layers": self.layers,
            "window": record.window,
            "channels": record.channels,
            "unknown": record.unknown,
            "targets": [
                {"name": name, "group": group}
                for name, group in zip(record.targets, record.groups, strict=True)
            ],
            "dataset_checksum": record.dataset_checksum,
            "reference_checksum": record.reference_checksum,
            "training": record.training,
        }

    def text(self) -> str:
        """Return all of it as lines for a reader, targets counted by group."""
        record = self.metadata
        groups = ", ".join(f"{_plain(name)} {count}" for name, count in self.groups.items())
        rows = [
            ("file", self.path),
            ("checksum", self.checksum),
            ("written by", f"danq {record.version or '(unknown)'}, Keras {self.keras_version}"),
            ("parameters", f"{self.parameters:,}"),
            ("window", f"{record.window:,} bases"),
            ("channels", f"{record.channels}, {record.unknown:g} each where the base is unknown"),
            ("targets", f"{len(record.targets):,} ({groups})"),
            ("data set", record.dataset_checksum or "(not recorded)"),
            ("reference", record.reference_checksum or "(not recorded)"),
        ]
        sections = [
            _align(rows),
            "layers\n" + "".join(f"  {_plain(line)}\n" for line in self.layers),
        ]
        if record.training:
            options = _align(_flat(record.training), indent="  ")
            sections.append(f"training\n{options}")
        return "\n".join(sections)


def describe(path: StrPath) -> Info:
    """Read what a model file says of itself, and make sure that it can be loaded.

    Keras is not needed where the file is as this version or a later one of danq wrote it. Any other
    is loaded.

    Parameters
    ----------
    path
        A model file.

    Raises
    ------
    InputError
        When the file is not a model file, or a damaged one, as `danq.models.load` says.
    """
    record = metadata(path)
    with open_archive(path) as archive:
        network = read_json(archive, CONFIG, path)
        about = read_json(archive, METADATA, path) if METADATA in archive.namelist() else {}
        is_as_written = is_sealed(archive, SEALED, path)
    with open_weights(path) as weights:
        parameters = sum(math.prod(a.shape) for name, a in arrays(weights) if RANDOM not in name)
    if not is_as_written:
        models.load_backend()
        models.load(path)
    return Info(
        Path(path),
        checksum(path),
        str(about.get("keras_version", "")),
        parameters,
        _layers(network),
        record,
    )


def _layers(network: Any) -> list[str]:
    """Return a line for each layer, those of wrapped and inner models behind their own."""
    config = network.get("config") if isinstance(network, dict) else None
    if not isinstance(config, dict):
        return []
    inner = config.get("layers", [config.get("layer")])
    lines: list[str] = []
    for layer in inner if isinstance(inner, list) else []:
        if isinstance(layer, dict) and isinstance(layer.get("config"), dict):
            lines += [_line(layer), *(f"  {line}" for line in _layers(layer))]
    return lines


def _line(layer: dict[str, Any]) -> str:
    values = [(name, layer["config"].get(name)) for name in _SIZES]
    sizes = [f"{name} {_value(value)}" for name, value in values if value is not None]
    text = f"{layer.get('class_name')} {layer['config'].get('name', '')}: {', '.join(sizes)}"
    return text.rstrip(": ")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("config") if value.get("class_name") == "function" else "(object)"
    return " × ".join(map(str, value)) if isinstance(value, list) else str(value)


def _flat(record: dict[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """Return nested values under joined names; long lists are counted."""
    rows: list[tuple[str, object]] = []
    for key, value in record.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list) and len(str(value)) > _LONGEST:
            rows.append((f"{prefix}{key}", f"{len(value)} values"))
        else:
            rows.append((f"{prefix}{key}", value))
    return rows


def _align(rows: list[tuple[str, object]], indent: str = "") -> str:
    plain = [(_plain(name), _plain(value)) for name, value in rows]
    width = max((len(name) for name, _ in plain), default=0) + 2
    return "".join(f"{indent}{name:<{width}}{value}\n" for name, value in plain)


def _plain(value: object) -> str:
    """Return a value for a terminal: on one line and without control characters."""
    return quoted(value, most=1000)[1:-1]
