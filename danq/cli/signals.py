"""Ctrl-C and a request to end: one sentence, and outputs cleared away like after any error."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from danq.threads import Handlers, give_back, take_signals

_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
_AGAIN = 0.05
"""Seconds until then."""


class Stop:
    """What the signals of one run asked for; `signal` is the first that came, or None."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._process = os.getpid()
        self._is_starting = True
        self._before: Handlers = {}

    def listen(self) -> None:
        """Take the signals, at once while nothing has begun that needs clearing away."""
        self._before = take_signals((*_WORDS, signal.SIGALRM), self._take)
        if self._before:
            sys.unraisablehook = self._raise_again

    def begin(self) -> None:
        """Make signals raise `KeyboardInterrupt` from now on, so that what is open is closed."""
        self._is_starting = False

    def forget(self) -> None:
        """Restore the former handlers."""
        if self._before:
            signal.setitimer(signal.ITIMER_REAL, 0)
            give_back(self._before)
            sys.unraisablehook = sys.__unraisablehook__

    @property
    def sentence(self) -> str:
        """What happened."""
        return _WORDS[self.signal or signal.SIGINT]

    @property
    def status(self) -> int:
        """The exit status that shells give to it: 130 or 143."""
        return 128 + (self.signal or signal.SIGINT)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            # A worker that was forked: its parent decides.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        if number in _WORDS:
            self.signal = self.signal or signal.Signals(number)
        if self._is_starting:
            # In the middle of an import Python's own interrupt would leave a traceback.
            os.write(sys.stderr.fileno(), f"danq: error: {self.sentence}\n".encode())
            os._exit(self.status)
        raise KeyboardInterrupt

    def _raise_again(self, unraisable: sys.UnraisableHookArgs) -> None:
        """Interrupt once more what has swallowed the first, such as a library's `__del__`."""
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        else:
            sys.__unraisablehook__(unraisable)
