"""The floors of the house: what may import what, and what must not load Keras."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from inspect import ismodule
from pathlib import Path

import pytest

from tests.conftest import SLOW

PACKAGE = Path(__file__).parents[1] / "danq"
LARGEST_FOLDER = 17
"""Files, with `__init__.py`."""

FLOORS = {
    "core": 0,
    "genome": 0,
    "targets": 0,
    "models": 1,
    "dataset": 1,
    "vcf": 1,
    "training": 2,
    "evaluation": 2,
    "scoring": 2,
    "prediction": 2,
    "interpretation": 2,
    "config": 3,
    "cli": 4,
}
FOUNDATION = {
    "errors",
    "hdf5",
    "names",
    "npz",
    "outputs",
    "pages",
    "parts",
    "paths",
    "plotting",
    "progress",
    "ranking",
    "ranges",
    "resuming",
    "threads",
    "write_errors",
    "__version__",
}


def test_the_slow_tests_are_there():
    folder = Path(__file__).parent
    assert [name for name in SLOW if not (folder / name).is_file()] == []


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


def _imported(path: Path) -> set[str]:
    """Modules that a file imports, whole names, those inside functions too."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    return modules


WALLS = {
    "vcf": r"keras|danq\.(?!errors|genome|names|outputs|paths|threads|vcf|write_errors)",
    "scoring/scorers": r"danq\.(vcf|scoring\.(blocks|outputs))",
    "evaluation/statistics": r"matplotlib|danq\.(plotting|pages|evaluation\.(?!statistics))",
    "targets": r"keras|danq\.(?!errors|names|outputs|paths|targets)",
}


@pytest.mark.parametrize(("room", "walled"), WALLS.items(), ids=WALLS)
def test_walls_inside_rooms(room, walled):
    paths = list((PACKAGE / room).rglob("*.py"))
    assert paths
    for path in paths:
        found = [module for module in _imported(path) if re.match(walled, module)]
        assert not found, f"{path.relative_to(PACKAGE)} imports {found}"


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def test_no_circle_of_imports():
    """Packages' own lists of names, which only hand on, are left out."""
    paths = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    graph = {_module(path): _imported(path) for path in paths}
    inside = {name: found & graph.keys() for name, found in graph.items()}
    # Raises CycleError, which names the files.
    assert [*TopologicalSorter(inside).static_order()]


def test_no_folder_holds_too_many_modules():
    folders = Counter(path.parent for path in PACKAGE.rglob("*.py"))
    crowded = {str(folder): count for folder, count in folders.items() if count > LARGEST_FOLDER}
    assert not crowded


def test_no_module_shares_its_name_with_a_name_exported_beside_it():
    for path in PACKAGE.rglob("__init__.py"):
        package = importlib.import_module(_module(path.parent))
        beside = {other.stem for other in path.parent.iterdir()}
        exported = {
            name for name in getattr(package, "__all__", ()) if not ismodule(getattr(package, name))
        }
        assert not beside & exported, path


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
