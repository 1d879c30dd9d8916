"""What is wrong with a config before any file that it names is opened, all of it at once."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from danq.config.after_training import of_explanations, of_scores
from danq.config.files import code_behind, missing_files
from danq.config.wording import sentences, unreadable_values
from danq.errors import InputError, quoted, reading, suggestion
from danq.paths import StrPath
from danq.targets.rows import read_rows

STANDARD_INPUT = "-"
_LONGEST = 1_000_000
_MOST_VALUES = 100_000
_MOST_HANDED = 100_000
"""Characters of a config: Linux hands a program no word, as a command is, of more than 131,071."""
SCHEMA = Path(__file__).with_name("config.schema.yaml")


class ConfigError(InputError):
    """Several problems, each with a sentence of its own in `sentences`."""

    def __init__(self, sentences: list[str]) -> None:
        more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
        super().__init__(f"{sentences[0]}{more}")
        self.sentences = sentences


def problems(
    config: Mapping[str, Any], is_made: Callable[[str], bool] = lambda path: False
) -> list[str]:
    """Return a sentence, without the config's name, for each thing wrong with what YAML reads."""
    faults = list(unreadable_values(config))
    if not faults:
        schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(config))
        sections = _sections(schema)
        faults = [sentence for error in _causes(errors) for sentence in sentences(error, sections)]
    if not faults:
        faults = list(_too_long(config))
    if not faults:
        faults = [*_contradictions(config), *missing_files(config, is_made)]
    return list(dict.fromkeys(faults))


def _too_long(config: Mapping[str, Any]) -> Iterator[str]:
    length = len(json.dumps(config))
    if length > _MOST_HANDED:
        yield (
            f"found {length:,} characters, expected at most {_MOST_HANDED:,}: more cannot be "
            "handed to a job"
        )


def read_config(path: StrPath) -> dict[str, Any]:
    """Read a config from YAML or JSON, from standard input where the path is ``-``.

    InputError when it is not YAML, gives a key twice, holds no keys or far more than a config has,
    by aliases too.
    """
    try:
        is_file = os.fspath(path) != STANDARD_INPUT
        with reading(path), open(path if is_file else 0, encoding="utf-8", closefd=is_file) as file:
            text = file.read(_LONGEST + 1)
        if len(text) > _LONGEST:
            raise InputError(
                f"is longer than {_LONGEST:,} characters, expected a config", path=path
            )
        with suppress(ValueError, RecursionError):
            json.loads(text)
            # JSON is YAML, except for the tabs between its values.
            text = text.replace("\t", " ")
        config = yaml.load(text, Loader=_Loader)
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text, expected YAML", path=path) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise InputError(f"is not YAML ({error.problem})", path=path, line=line) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        cause = " ".join(str(error).split())[:80]
        raise InputError(f"is not YAML ({cause})", path=path) from error
    if not _is_bounded(config):
        raise InputError(
            f"holds more than {_MOST_VALUES:,} values, those behind aliases counted each time",
            path=path,
        )
    if not isinstance(config, dict):
        raise InputError("holds no keys, expected a config (danq init writes one)", path=path)
    return config


def _is_bounded(config: Any) -> bool:
    """Return whether nested values come to an end, as aliases of each other may not."""
    waiting, count = [config], 0
    while waiting and count <= _MOST_VALUES:
        value = waiting.pop()
        count += 1
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, (list, tuple, set)):
            waiting += value
    return count <= _MOST_VALUES


class _Loader(yaml.SafeLoader):
    """YAML in which a key that is given twice is an error, and not the last one's value."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = (key_node.tag, str(key_node.value))
            if key in seen:
                words = f"the key {quoted(key_node.value)} stands twice"
                raise yaml.constructor.ConstructorError(None, None, words, key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _causes(errors: list[Any]) -> Iterator[Any]:
    """Yield the errors that are not mere consequences of another one of the same value.

    What is of the wrong type fits nothing else either, and of two keys that exclude each other one
    is unknown to whatever the other one asks for.
    """
    kinds: dict[tuple[str | int, ...], set[str]] = {}
    for error in errors:
        kinds.setdefault(tuple(error.absolute_path), set()).add(error.validator)
    for error in errors:
        others = kinds[tuple(error.absolute_path)]
        cause = {"additionalProperties": "not", "type": ""}.get(error.validator, "type")
        if cause not in others and not (cause == "not" and "type" in others):
            yield error


def _sections(schema: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the known keys by the section that they belong to."""
    parts = {**schema["properties"], "windows": schema["$defs"]["windows"]}
    parts["models.NAME"] = schema["$defs"]["trained"]
    parts["models.NAME, beside import"] = schema["$defs"]["imported"]
    parts["score.background"] = schema["properties"]["score"]["properties"]["background"]
    return {name: list(part.get("properties", ())) for name, part in parts.items()}


def _contradictions(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what no schema can say: names that must agree, and what would fail after hours."""
    results = config.get("results", "results")
    yield from _of_models(config["models"])
    yield from _of_circles(config["models"], results)
    if "convert" not in config:
        yield from _of_windows(config)
    else:
        for name, model in config["models"].items():
            if model.get("max_jitter"):
                yield (
                    f"models.{name}.max_jitter: found {model['max_jitter']} with convert, but "
                    "windows of MATLAB files have no coordinates to be shifted along"
                )
    yield from of_scores(config)
    yield from of_explanations(config)
    if os.path.exists(results) and not os.path.isdir(results):
        yield f"results: {quoted(results, 200)} is a file, expected a folder"


def _of_models(models: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    lower: dict[str, str] = {}
    for name, model in models.items():
        other = lower.setdefault(name.lower(), name)
        if other != name:
            yield f"models: {other} and {name} differ in case only, expected names that differ more"
        kind = model.get("model", "")
        initial = model.get("init")
        if initial and initial not in models and not os.path.exists(initial):
            hint = suggestion(initial, models)
            if hint:
                yield f"models.{name}.init: {quoted(initial)} is neither a file nor a model{hint}"
        if ":" in kind and not code_behind(kind) and not _is_installed(kind):
            yield (
                f"models.{name}.model: found {quoted(kind)}, but no module "
                f"{quoted(kind.partition(':')[0])} in this folder or among the installed ones"
            )


def _of_circles(models: Mapping[str, Mapping[str, Any]], results: str) -> Iterator[str]:
    """Yield a sentence for each circle of models that start from each other."""
    made = {os.path.normpath(f"{results}/models/{name}.keras"): name for name in models}
    done: set[str] = set()
    for first in models:
        chain: dict[str, None] = {}
        name: str | None = first
        while name is not None and name not in done and name not in chain:
            chain[name] = None
            # A network may be imported from another one's file too.
            initial = models[name].get("init") or models[name].get("weights", "")
            name = initial if initial in models else made.get(os.path.normpath(initial))
        done.update(chain)
        if name in chain:
            circle = list(chain)
            circle = circle[circle.index(name) :]
            key = f"models.{name}.{'init' if models[name].get('init') else 'weights'}"
            if len(circle) == 1:
                yield f"{key}: found its own name, expected another model"
            else:
                names = ", ".join(circle[:3]) + (", …" if len(circle) > 3 else "")
                yield (
                    f"{key}: found {len(circle)} models that start from each other "
                    f"({names}), expected one of them to start from none of the others"
                )


def _is_installed(model: str) -> bool:
    """Return whether an installed package has the module; its parents are not imported."""
    import importlib.util

    return importlib.util.find_spec(model.partition(":")[0].partition(".")[0]) is not None


def _of_windows(config: Mapping[str, Any]) -> Iterator[str]:
    windows = config.get("windows") or {}
    window, bin_ = windows.get("window", 1000), windows.get("bin", 200)
    if bin_ > window or (window - bin_) % 2:
        yield (
            f"windows: found window {window} and bin {bin_}, expected a bin of at most the window "
            "that differs from it by an even number"
        )
    needed = {config.get("evaluate", {}).get("split", "test"): "evaluate.split asks for it"}
    if any("model" in model for model in config["models"].values()):
        needed["valid"] = "training stops by it"
    for split, cause in needed.items():
        if split != "train" and not windows.get(split):
            yield f"windows.{split} is missing: {cause}, so name contigs or regions"
    require = windows.get("require", "any")
    if require == "none" and windows.get("negatives", "none") != "none":
        yield "windows: found negatives beside require none, which keeps every bin already"
    try:
        rows = read_rows(config["targets"])
    except InputError:
        return
    groups = dict.fromkeys((row.get("group") or "").strip() or "ungrouped" for _, row in rows)
    if require not in ("any", "none", *groups):
        yield (
            f"windows.require: found {quoted(require)}, expected any, none or a group of "
            f"{config['targets']}: {', '.join(groups)}{suggestion(require, groups)}"
        )
