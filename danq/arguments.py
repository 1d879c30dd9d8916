"""Arguments of public functions, held against the annotations of the function that takes them."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from functools import wraps
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from danq.errors import InputError, quoted

P = ParamSpec("P")
Result = TypeVar("Result")

_NUMBERS = {int: Integral, float: Real}
_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    str: "text",
    NoneType: "None",
}
_PLURALS = {"text": "texts", "a path": "paths", "a whole number": "whole numbers"}


def checked(function: Callable[P, Result]) -> Callable[P, Result]:
    """Refuse arguments of other types than a function declares, before it does anything.

    Annotations of names that are only imported for type checkers are not looked at, and nor are
    the keywords behind ``**``.

    Parameters
    ----------
    function
        A function with annotations.

    Returns
    -------
    callable
        The function, which raises `InputError` for the first argument that does not fit.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Result:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:
            # Python says better than `bind` which argument is missing or unknown.
            return function(*args, **kwargs)
        for name, value in given.items():
            parameter = signature.parameters[name]
            if parameter.kind is not parameter.VAR_KEYWORD:
                _check(name, value, _hint(parameter.annotation, function))
        return function(*args, **kwargs)

    return call


def _hint(annotation: Any, function: Callable[..., Any]) -> Any:
    if not isinstance(annotation, str):
        return Any
    try:
        return eval(annotation, function.__globals__)
    except NameError:
        return Any


def _check(name: str, value: Any, hint: Any) -> None:
    if _fits(value, hint):
        return
    for kind in _kinds(hint):
        if get_origin(kind) is Sequence and _is_list(value):
            for number, item in enumerate(value, start=1):
                _check(f"entry {number} of {name}", item, get_args(kind)[0])
    is_shown = value is None or any(get_origin(kind) is Literal for kind in _kinds(hint))
    found = quoted(value) if is_shown else f"of type {type(value).__name__}"
    raise InputError(f"found {name} {found}, expected {_words(hint)}")


def _kinds(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _is_list(value: object) -> bool:
    return (
        isinstance(value, Iterable)
        and isinstance(value, Sized)
        and not isinstance(value, (str, bytes, os.PathLike, Mapping))
    )


def _fits(value: Any, hint: Any) -> bool:
    kinds = _kinds(hint)
    if len(kinds) > 1:
        return any(_fits(value, kind) for kind in kinds)
    origin = get_origin(hint)
    if origin is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if origin is Sequence:
        return _is_list(value) and all(_fits(item, get_args(hint)[0]) for item in value)
    if hint in _NUMBERS:
        return isinstance(value, _NUMBERS[hint]) and not isinstance(value, bool)
    if hint is bool:
        # NumPy has truth values of its own.
        return type(value).__name__ in ("bool", "bool_")
    if origin not in (None, os.PathLike):
        # Arrays, mappings and the like are looked into by whoever takes them.
        return True
    kind = NoneType if hint is None else origin or hint
    return kind is Any or isinstance(value, kind)


def _words(hint: Any) -> str:
    """Return what fits an annotation, in words."""
    kinds = list(_kinds(hint))
    words = []
    if any(get_origin(kind) is os.PathLike for kind in kinds):
        words.append("a path")
        kinds = [kind for kind in kinds if kind is not str and get_origin(kind) is not os.PathLike]
    words += map(_word, kinds)
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _word(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(map(quoted, get_args(kind)))
    if get_origin(kind) is Sequence:
        item = _words(get_args(kind)[0])
        return f"a list of {_PLURALS.get(item, item)}"
    kind = NoneType if kind is None else get_origin(kind) or kind
    root = "keras." if kind.__module__.startswith("keras.") else ""
    return _WORDS.get(kind, f"a {root}{kind.__name__}")
