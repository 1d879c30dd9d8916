"""The files that a config names: each an input of the workflow, each of which must exist."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

from danq.errors import InputError, quoted
from danq.targets.rows import read_rows

_MADE = (
    r"dataset\.(h5|audit\.\w+)|check\.txt|config\.yaml|report\.html|models/({models})\.history\.\w+|"
    r"(evaluation|explanation|logs|benchmarks)/.+|scores/(variants\.|summary\.tsv|top\.html|background\.|pieces/).*"
)
"""What the workflow makes in its folder of results besides networks."""
_EXAMPLE = Path(__file__).parents[2] / "data"
"""The built-in example's, in a checkout."""


def named_files(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield key and path of every file, except peaks, that a config of the schema names."""
    convert, score = config.get("convert") or {}, config.get("score") or {}
    for key in ("genome", "targets"):
        yield from _of(key, config.get(key))
    yield from _of("windows.exclude", (config.get("windows") or {}).get("exclude"))
    yield from _of("convert.from_mat", convert.get("from_mat"))
    yield from _of("convert.targets", convert.get("targets"))
    for name, model in config["models"].items():
        keys = ("weights", "targets", "motifs", "init")
        for key in keys:
            if key != "init" or model.get(key) not in config["models"]:
                yield from _of(f"models.{name}.{key}", model.get(key))
    yield from _of("score.vcf", score.get("vcf"))
    if score.get("vcf"):
        yield from _of("score.background.vcf", (score.get("background") or {}).get("vcf"))
    for key in ("regions", "motifs"):
        yield from _of(f"explain.{key}", (config.get("explain") or {}).get(key))


def _of(key: str, value: str | list[str] | None) -> Iterator[tuple[str, str]]:
    for path in [value] if isinstance(value, str) else value or []:
        yield key, path


def peak_files(path: str) -> list[str]:
    """Return the peak file of each target of a table; paths in it are relative to its folder."""
    return [os.path.join(os.path.dirname(path), row["path"]) for _, row in read_rows(path)]


def code_behind(model: str) -> list[str]:
    """Return the Python files that ``MODULE:FUNCTION`` comes from, those it imports included.

    Only files below the current folder count, where `danq train` finds a user's module: an
    installed package is part of the environment. The name of a built-in network has none.
    """
    module, colon, _ = model.partition(":")
    if not colon:
        return []
    finder = ModuleFinder(path=[os.curdir])
    # What of a broken module can be read is still what a mended one is made from.
    with suppress(ImportError, SyntaxError, ValueError):
        finder.import_hook(module)
    paths = {getattr(loaded, "__file__", None) for loaded in finder.modules.values()}
    start = Path(*module.split("."))
    paths |= {str(path) for path in (start.with_suffix(".py"), start / "__init__.py")}
    return sorted({os.path.relpath(path) for path in paths if path and os.path.isfile(path)})


def missing_files(
    config: Mapping[str, Any], is_made: Callable[[str], bool] = lambda path: False
) -> Iterator[str]:
    """Yield a sentence for each named file that cannot be read, or that this config makes itself.

    One that does not exist may be `is_made` by a rule of another workflow.
    """
    kind = kind_of_result(config)

    def faults(key: str, path: str) -> Iterator[str]:
        if not kind(path):
            yield from _unreadable(key, path, is_made)
        elif kind(path) != "network" or not key.endswith((".init", ".weights")):
            yield f"{key}: {quoted(path, 200)} is a result of this config, expected another file"

    for key, path in named_files(config):
        yield from faults(key, path)
    table = config.get("targets")
    if table and os.path.isfile(table):
        try:
            rows = read_rows(table)
        except InputError as error:
            yield str(error)
            return
        for line, row in rows:
            path = os.path.join(os.path.dirname(table), row["path"])
            yield from faults(f"{table}, line {line}", path)


def kind_of_result(config: Mapping[str, Any]) -> Callable[[str], str]:
    """Return a function that says of a path what the workflow makes there, if anything.

    That is ``network`` or ``result``.
    """
    folder = os.path.realpath(config.get("results", "results"))
    names = "|".join(map(re.escape, config["models"]))
    network = re.compile(rf"models/({names})\.keras")
    result = re.compile(_MADE.replace("{models}", names))

    def kind(path: str) -> str:
        place = os.path.relpath(os.path.realpath(path), folder)
        if network.fullmatch(place):
            return "network"
        return "result" if result.fullmatch(place) else ""

    return kind


def _unreadable(key: str, path: str, is_made: Callable[[str], bool]) -> Iterator[str]:
    if os.path.isdir(path):
        yield f"{key}: {quoted(path, 200)} is a folder, expected a file"
    elif not os.path.exists(path):
        if not is_made(path):
            tilde = " (~ is not replaced here: write the whole path)" if path[:1] == "~" else ""
            yield f"{key}: {quoted(path, 200)} does not exist{tilde}"
    elif not os.access(path, os.R_OK):
        yield f"{key}: {quoted(path, 200)} cannot be read (no permission)"


def borrowed_files(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield a warning for each of the built-in example's files beside a genome of one's own."""
    genome = config.get("genome")
    if not genome or _is_examples(genome):
        return
    for key, path in named_files(config):
        if _is_examples(path):
            yield (
                f"{key}: {quoted(path, 200)} is the built-in example's, but the genome is "
                f"{quoted(genome, 200)}: name a file of your own or drop the line"
            )


def _is_examples(path: str) -> bool:
    return _EXAMPLE.is_dir() and Path(path).resolve().is_relative_to(_EXAMPLE.resolve())
