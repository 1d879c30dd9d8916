"""What options of the command line and arguments of functions may be: ranges, and types."""

import inspect
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import wraps
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from danq.errors import InputError, quoted, suggestion

_QUOTE = '"'
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
_REAL = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Range:
    """The numbers that something may be: from `least` to `most`, both allowed.

    `above` and `below` are limits that are not allowed themselves, in place of these. `is_whole`
    allows whole numbers only.
    """

    least: float = -math.inf
    most: float = math.inf
    is_whole: bool = False
    above: float | None = None
    below: float | None = None

    def __contains__(self, value: object) -> bool:
        return self._is_kind(value) and self._is_within(value)  # type: ignore[arg-type]

    def __str__(self) -> str:
        least = f"at least {self.least:.15g}"
        most = f"at most {self.most:.15g}"
        low = least if self.above is None else f"a finite number above {self.above:g}"
        high = most if self.below is None else f"less than {self.below:.15g}"
        return f"{low} and {high}"

    @property
    def kind(self) -> str:
        """What kind of number it is."""
        return "a whole number" if self.is_whole else "a number"

    def _is_kind(self, value: object) -> bool:
        """Return whether a value is such a number; NumPy's are too, truth values are not."""
        method = "__index__" if self.is_whole else "__float__"
        return hasattr(value, method) and not isinstance(value, bool)

    def _is_within(self, value: float) -> bool:
        return (
            self.least <= value <= self.most
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def check(self, name: str, value: object) -> None:
        """Refuse a value outside the range, or of another kind; `name` is what has the value."""
        if not self._is_kind(value):
            raise InputError(f"found {name} {quoted(value)}, expected {self.kind}, {self}")
        if not self._is_within(value):  # type: ignore[arg-type]
            raise InputError(f"found {name} {quoted(value).replace(_QUOTE, '')}, expected {self}")

    def parse(self, text: str) -> float:
        """Read a number of the range as an option has it; whole ones become `int`."""
        pattern, kind = (_WHOLE, int) if self.is_whole else (_REAL, float)
        if pattern.fullmatch(text):
            value = kind(text)
            if self._is_within(value):
                return value
        raise InputError(f"found {quoted(text)}, expected {self.kind}, {self}")


def whole(least: int, most: int) -> Range:
    """Return the whole numbers from `least` to `most`."""
    return Range(least, most, is_whole=True)


BATCH_SIZE = whole(1, 1_000_000)
SEED = Range(0, is_whole=True, below=2**32)
BASES = whole(1, 10_000_000)
COUNT = whole(1, 1_000_000_000)
SHARE = Range(0, 1)
SHARE_BELOW_1 = Range(0, below=1)

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
_PLURALS = {
    "text": "texts",
    "a path": "paths",
    "a whole number": "whole numbers",
    "a keras.Model": "networks",
}


def checked(function: Callable[P, Result]) -> Callable[P, Result]:
    """Refuse arguments of other types than a function declares, before it does anything.

    InputError for the first argument that does not fit its annotation. Names that are only imported
    for type checkers are not looked at, except Keras's, and nor are the keywords behind ``**``.
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


def check_keywords(function: Callable[..., Any], given: Mapping[str, Any], known: type) -> None:
    """Refuse keywords that the TypedDict `known` lacks, and values that are not as it declares.

    TypeError names an unknown keyword of the function, InputError a value of another type.
    """
    hints = get_type_hints(known)
    for name, value in given.items():
        if name not in hints:
            meant = suggestion(name, [*hints, *inspect.signature(function).parameters])
            raise TypeError(f"{function.__name__}() found the keyword {quoted(name)}{meant}")
        _check(name, value, hints[name])


def _hint(annotation: Any, function: Callable[..., Any]) -> Any:
    if not isinstance(annotation, str):
        return Any if annotation is inspect.Parameter.empty else annotation
    try:
        return eval(annotation, {"keras": _Keras, **function.__globals__})
    except NameError:
        return Any


class _IsNetwork(type):
    def __instancecheck__(cls, value: object) -> bool:
        keras = sys.modules.get("keras")
        return keras is not None and isinstance(value, keras.Model)


class _Keras:
    """Stands for Keras where only type checkers import it: nothing is a network before it loads."""

    class Model(metaclass=_IsNetwork):
        __module__ = "keras.models"


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


def _words(hint: Any, *, are_many: bool = False) -> str:
    """Return what fits an annotation, in words."""
    kinds = list(_kinds(hint))
    words = []
    if any(get_origin(kind) is os.PathLike for kind in kinds):
        words.append("a path")
        kinds = [kind for kind in kinds if kind is not str and get_origin(kind) is not os.PathLike]
    words += map(_word, kinds)
    if are_many:
        words = [_PLURALS.get(word, word) for word in words]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _word(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(map(quoted, get_args(kind)))
    if get_origin(kind) is Sequence:
        return f"a list of {_words(get_args(kind)[0], are_many=True)}"
    kind = NoneType if kind is None else get_origin(kind) or kind
    root = "keras." if kind.__module__.startswith("keras.") else ""
    return _WORDS.get(kind, f"a {root}{kind.__name__}")
