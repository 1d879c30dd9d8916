"""The floors of the house: what may import what, and what must not load Keras."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "danq"
FLOORS = {
    "core": 0,
    "genome": 0,
    "targets": 0,
    "models": 1,
    "dataset": 1,
    "training": 2,
    "evaluation": 2,
    "scoring": 2,
    "prediction": 2,
    "config": 3,
    "cli": 4,
}
FOUNDATION = {
    "errors",
    "hdf5",
    "hdf5_heaps",
    "hdf5_layout",
    "names",
    "npz",
    "outputs",
    "pages",
    "plotting",
    "ranges",
    "threads",
    "write_errors",
    "__version__",
}


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _danq_imports(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "danq":
            assert not node.level, f"{path}: relative import"
            parts = node.module.split(".")
            rooms |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            rooms |= {
                name.name.split(".")[1] for name in node.names if name.name.startswith("danq.")
            }
    return rooms


FILES = sorted(path for path in PACKAGE.rglob("*.py") if _room(path) in FLOORS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_from_its_own_room_and_from_floors_below(path):
    here = _room(path)
    for room in _danq_imports(path) - FOUNDATION - {here}:
        assert FLOORS[room] < FLOORS[here], f"{here} imports {room}"
    if here == "core":
        assert not _danq_imports(path) - {"core"}, "core imports no other part of danq"


@pytest.mark.parametrize("room", ["config", "genome", "targets", "dataset"])
def test_rooms_without_keras(room):
    for path in (PACKAGE / room).rglob("*.py"):
        assert "import keras" not in path.read_text()


@pytest.mark.parametrize(
    "code",
    [
        "import danq, danq.genome, danq.dataset, danq.models; danq.windows, danq.models.metadata",
        "from danq.cli import parser; parser()",
        "import danq.config.check",
    ],
)
def test_data_steps_and_help_do_not_load_keras(code):
    check = f"{code}\nimport sys\nassert not {{'keras', 'tensorflow'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_snakemakes_own_environment_is_enough_to_read_a_config():
    check = "import danq.config.files, danq.config.problems, sys\n"
    check += "assert not {'numpy', 'h5py', 'pysam', 'scipy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_the_public_face():
    import danq

    for name in danq.__all__:
        assert getattr(danq, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'banana'"):
        _ = danq.banana
