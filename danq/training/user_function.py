"""MODULE:FUNCTION, a user's function that builds a network."""

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from typing import Any

from danq.errors import InputError, quoted
from danq.models import load_backend

KEYWORDS = ("sequence_length", "channels", "outputs", "width")


def import_function(model: str) -> Callable[..., Any]:
    """Import ``MODULE:FUNCTION``, which builds a network; the module may be in the current folder.

    Raises InputError when there is no such function, or it does not take the keywords `KEYWORDS`.
    """
    module, _, function = model.partition(":")
    # A user's file in the folder where the command runs, which a console script does not search.
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    top = module.partition(".")[0]
    if top and top not in sys.stdlib_module_names and PathFinder.find_spec(top) is not None:
        # Quietly, before the user's module does it.
        load_backend()
    try:
        builder: Any = getattr(importlib.import_module(module), function)
    except (Exception, SystemExit) as error:
        # Whatever the user's module does while it is imported.
        raise InputError(
            f"the model {quoted(model)} cannot be imported ({reason(error)})"
        ) from error
    if not callable(builder):
        raise InputError(
            f"the model {quoted(model)} is not a function but a {type(builder).__name__}"
        )
    try:
        inspect.signature(builder).bind(**dict.fromkeys(KEYWORDS))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the model {quoted(model)} cannot be called with the keywords "
            f"{', '.join(KEYWORDS)} ({reason(error)})"
        ) from error
    return builder


def reason(error: BaseException) -> str:
    """Return what another's code raised, on one line and shortened."""
    words = " ".join(str(error).split()) or type(error).__name__
    return quoted(words, most=200)[1:-1] if len(words) <= 200 else quoted(words, most=200)
