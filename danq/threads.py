"""Threads: work ahead and behind, in order, at a bounded distance, and equal work side by side.

Also signals, which only the main thread can take.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Handlers = dict[signal.Signals, Any]
_END: Any = object()
_GLANCE = 0.5
"""Seconds between two looks at other threads."""
_PATIENCE = 2.0
"""Seconds in which an item that is being made is done, unless it waits for something."""


def ahead(
    items: Iterable[Item], *, depth: int = 2, watch: Callable[[], None] | None = None
) -> Iterator[Item]:
    """Yield items in order while another thread makes the next ones, up to `depth` in advance.

    An error of making is raised in its place among the items. Leaving early waits for the item that
    is being made, though not for one that does not come, as from a pipe whose other end pauses: the
    thread does not keep the process from ending. `watch` is called now and then while none is
    there, to raise what went wrong elsewhere.
    """
    made: SimpleQueue[tuple[Item, BaseException | None]] = SimpleQueue()
    wanted = threading.Semaphore(depth)
    is_left = threading.Event()

    def make() -> None:
        source = iter(items)
        item = None
        while item is not _END:
            wanted.acquire()
            if is_left.is_set():
                return
            try:
                item = next(source, _END)
            except BaseException as error:
                made.put((_END, error))
                return
            made.put((item, None))

    thread = threading.Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            wanted.release()
            item, error = _take(made, watch)
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        is_left.set()
        wanted.release()
        thread.join(_PATIENCE)


def _take(made: SimpleQueue[Item], watch: Callable[[], None] | None) -> Item:
    while True:
        try:
            return made.get(timeout=None if watch is None else _GLANCE)
        except Empty:
            if watch is not None:
                watch()


class Behind:
    """Calls functions in order in another thread; used in a ``with`` statement.

    `call` blocks while more than `depth` calls wait. Leaving the block waits for them, unless it is
    left by an error: then those that have not begun are dropped. An error of a call is raised by a
    later `call`, or on leaving.
    """

    def __init__(self, *, depth: int = 2) -> None:
        self._depth = depth
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="behind")
        self._pending: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Have a function called after all those before it."""
        self._pending.append(self._pool.submit(function, *arguments))
        while len(self._pending) > self._depth:
            self._pending.popleft().result()
        self.check()

    def check(self) -> None:
        """Raise the error of a call that is over."""
        while self._pending and self._pending[0].done():
            self._pending.popleft().result()

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                while self._pending:
                    self._pending.popleft().result()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)


def side_by_side(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    most: int = 64,
    depth: int | None = None,
) -> Iterator[Result]:
    """Call a function for each item in a thread per core, `most` at most; results in order.

    It pays where the function spends its time outside Python, as NumPy and zlib do. `depth` results
    at most are made before they are asked for; by default all may be, and must fit into memory. An
    error is raised in its place, and calls that have not begun are dropped.
    """
    workers = min(most, _cores(), len(items))
    if workers <= 1 and depth is None:
        yield from map(function, items)
        return
    pending: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="side") as pool:
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if depth is not None and len(pending) > depth:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def _cores() -> int:
    """Count the cores that this process may use; not every system tells them from all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
