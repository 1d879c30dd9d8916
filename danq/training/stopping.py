"""Stop a run between two steps when a signal asks for it: Ctrl-C, or a batch system's SIGTERM."""

import signal
from types import FrameType
from typing import Self

from danq.threads import Handlers, give_back, take_signals

_ASKING = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """A run was asked to stop, and its checkpoint is written; `status` tells shells the signal."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Stop:
    """Notes SIGINT and SIGTERM instead of letting them break a step off; a ``with`` statement.

    The second signal does what it always did. Signals that are ignored stay so, and outside the
    main thread, where Python cannot take them, all is as it was.

    Attributes
    ----------
    signal : signal.Signals or None
        What came.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: Handlers = {}

    def __enter__(self) -> Self:
        asking = (number for number in _ASKING if signal.getsignal(number) is not signal.SIG_IGN)
        self._before = take_signals(asking, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        give_back(self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        give_back(self._before)
