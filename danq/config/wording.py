"""Sentences for what does not fit the config's schema."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from danq.errors import printable, quoted, suggestion

_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "keys and values",
}
_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}
_EMPTY = {"minLength": "an empty text", "minItems": "an empty list", "minProperties": "nothing"}
# What Snakemake's page of results would take for its own markup, and its paths for a wildcard.
_FORBIDDEN = {
    "control characters": re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"),
    "</script": re.compile(r"</?script|<!--", re.IGNORECASE),
    "{, } and <…>, which Snakemake keeps for wildcards": re.compile(r"[{}]|<\w+>"),
}


def place_of(path: Iterable[str | int]) -> str:
    """Return where something stands in the config: ``windows.valid, entry 2``."""
    place = ""
    for part in path:
        if isinstance(part, int):
            place += f", entry {part + 1}"
        else:
            place += f".{part}" if place else part
    return printable(place)


def unreadable_values(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Yield a sentence for each key and value that no schema could speak of, below `path`."""
    place = place_of(path)
    if isinstance(value, Mapping):
        for key, part in value.items():
            if isinstance(key, str):
                yield from unreadable_values(part, (*path, key))
            else:
                where = place or "top level"
                yield f"{where}: found the key {_shown(key)}, expected text: {_quotes(key)}"
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from unreadable_values(part, (*path, number))
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{place}: found {value}, expected a number"
    elif isinstance(value, str):
        for words, pattern in _FORBIDDEN.items():
            if pattern.search(value):
                yield f"{place}: found {quoted(value)}, expected text without {words}"


def sentences(error: Any, sections: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield what a `jsonschema.ValidationError` says, in words; `sections` has all known keys."""
    place = place_of(error.absolute_path)
    where = f"{place}: " if place else ""
    kind, rule, value = error.validator, error.validator_value, error.instance
    expected = error.schema.get("expected") if isinstance(error.schema, Mapping) else None
    if kind == "additionalProperties":
        known = list(error.schema["properties"])
        for key in value:
            if key not in known:
                yield _unknown_key(place, key, known, sections)
    elif kind == "required":
        for key in rule:
            if key not in value:
                yield _missing_key(place, key, error.schema)
    elif kind == "dependentRequired":
        for key, needs in rule.items():
            for need in needs:
                if key in value and need not in value:
                    yield f"{where}found {key} without {need}, expected both"
    elif kind == "not":
        # What must not be has no sentence of its own except its description.
        yield f"{where}{rule['description']}"
    elif kind == "type":
        yield f"{where}found {_shown(value)}, expected {_kinds(rule)}{_remedy(value, rule)}"
    elif kind in _LIMITS and expected is None:
        yield f"{where}found {_shown(value)}, expected {_LIMITS[kind]} {rule}"
    elif kind in _EMPTY:
        yield f"{where}found {_EMPTY[kind]}, expected at least one entry"
    elif kind == "uniqueItems":
        yield f"{where}found an entry twice, expected distinct ones"
    else:
        possible = rule if kind == "enum" else error.schema.get("examples", ())
        expected = expected or _list_words(possible)
        yield f"{where}found {_shown(value)}, expected {expected}{_hint(value, possible)}"


def _unknown_key(
    place: str, key: str, known: list[str], sections: Mapping[str, Iterable[str]]
) -> str:
    whole = f"{place}.{key}" if place else key
    homes = [section for section, keys in sections.items() if key in keys]
    hint = suggestion(key, known)
    if not hint:
        hint = f"; it belongs under {homes[0]}" if homes else f", expected {_list_words(known)}"
    return f"{quoted(whole, most=80)} is not a key of the config{hint}"


def _missing_key(place: str, key: str, schema: Mapping[str, Any]) -> str:
    if "expected" in schema:
        return f"{place}: found no {key}, expected {schema['expected']}"
    return f"{place}.{key} is missing" if place else f"{key} is missing"


def _kinds(rule: str | list[str]) -> str:
    names = [rule] if isinstance(rule, str) else rule
    return _list_words([_KINDS[name] for name in names if name != "null"])


def _remedy(value: Any, rule: str | list[str]) -> str:
    """Return what to write instead, where that is plain."""
    kinds = [rule] if isinstance(rule, str) else rule
    if "array" in kinds and isinstance(value, str):
        return f": write [{value}]" if value.isascii() and len(value) < 40 else ""
    if isinstance(value, str) and {"number", "integer"} & set(kinds):
        # YAML takes 1e-3, which has no point, for text.
        try:
            number = float(value)
            return f": write {number:g} without quotes" if math.isfinite(number) else ""
        except ValueError:
            return ""
    if "string" in kinds and value is not None and not isinstance(value, (list, Mapping)):
        return f": {_quotes(value)}"
    return ": fill it in or drop the line" if value is None else ""


def _quotes(value: Any) -> str:
    if isinstance(value, bool):
        return "YAML reads on, off, yes and no as true and false, so put it in quotes"
    return f'write "{value}" in quotes' if value is not None else "give it a name"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value) if abs(value) < 1e12 else quoted(value)[1:-1]
    if isinstance(value, list):
        return "a list"
    return "keys and values" if isinstance(value, Mapping) else quoted(value)


def _hint(value: Any, possible: Iterable[str]) -> str:
    return suggestion(value, possible) if isinstance(value, str) else ""


def _list_words(words: Iterable[Any]) -> str:
    texts = [str(word) for word in words]
    return " or ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
