"""Signals that are handled for a while."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable
from typing import Any

Handlers = dict[signal.Signals, Any]


def take_signals(
    numbers: Iterable[signal.Signals], handler: Callable[[int, Any], None]
) -> Handlers:
    """Handle signals from now on; return the former handlers.

    Outside the main thread, where Python cannot take signals, none are.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.signal(number, handler) for number in numbers}


def give_back(before: Handlers) -> None:
    """Restore handlers that `take_signals` returned, once."""
    while before:
        signal.signal(*before.popitem())
