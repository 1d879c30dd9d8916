"""Order, distance and errors of the threads beside the main one."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from danq import threads
from danq.threads import Behind, ahead, side_by_side


def test_items_come_in_order_from_another_thread():
    threads = set()

    def numbers():
        for number in range(20):
            threads.add(threading.current_thread())
            yield number

    assert list(ahead(numbers())) == list(range(20))
    assert threading.current_thread() not in threads
    assert len(threads) == 1


def test_no_more_items_are_made_than_may_wait():
    made = []
    first = threading.Event()

    def numbers():
        for number in range(100):
            made.append(number)
            if number == 3:
                first.set()
            yield number

    source = ahead(numbers(), depth=2)
    assert next(source) == 0
    assert next(source) == 1
    assert first.wait(10)
    # Two were taken, two wait, and nothing asks for more.
    assert made == [0, 1, 2, 3]
    source.close()


def test_an_error_comes_in_its_place():
    def numbers():
        yield 1
        raise ValueError("second")

    source = ahead(numbers())
    assert next(source) == 1
    with pytest.raises(ValueError, match="second"):
        next(source)


def test_leaving_early_stops_the_other_thread():
    source = ahead(iter(range(10)))
    next(source)
    source.close()
    names = [thread.name for thread in threading.enumerate()]
    assert not any(name.startswith("ahead") for name in names)


def test_an_item_that_does_not_come_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(threads, "_PATIENCE", 0.01)
    blocked = threading.Event()
    source = ahead(blocked.wait() if number else number for number in range(2))
    assert next(source) == 0
    source.close()
    blocked.set()


def test_what_went_wrong_elsewhere_is_raised_while_no_item_comes(monkeypatch):
    monkeypatch.setattr(threads, "_GLANCE", 0.01)
    monkeypatch.setattr(threads, "_PATIENCE", 0.01)
    blocked = threading.Event()
    behind = Behind(depth=3)
    wait_for = threading.Event()
    behind.call(wait_for.wait)
    behind.call(fail)
    wait_for.set()
    with pytest.raises(OSError, match="disk full"), behind:
        next(ahead(iter(blocked.wait, None), watch=behind.check))
    blocked.set()


def test_calls_run_in_order_behind():
    done, threads = [], set()
    with Behind() as behind:
        for number in range(30):
            behind.call(lambda n: (done.append(n), threads.add(threading.current_thread())), number)
    assert done == list(range(30))
    assert threading.current_thread() not in threads


def fail():
    raise OSError("disk full")


def test_an_error_of_a_call_is_raised_on_leaving():
    with pytest.raises(OSError, match="disk full"), Behind() as behind:
        behind.call(fail)


def test_an_error_of_a_call_is_raised_by_a_later_one():
    done = []

    def work():
        with Behind(depth=1) as behind:
            behind.call(fail)
            for number in range(10):
                behind.call(done.append, number)

    with pytest.raises(OSError, match="disk full"):
        work()
    assert len(done) < 3


def test_what_has_not_begun_is_dropped_after_an_error(monkeypatch):
    begun, dropped = threading.Event(), threading.Event()
    done = []
    shutdown = ThreadPoolExecutor.shutdown

    def told(pool, wait=True, *, cancel_futures=False):
        shutdown(pool, wait=False, cancel_futures=cancel_futures)
        dropped.set()
        shutdown(pool, wait=wait)

    def first():
        begun.set()
        assert dropped.wait(10)
        done.append("first")

    def work():
        with Behind(depth=5) as behind:
            behind.call(first)
            behind.call(done.append, "second")
            begun.wait(10)
            raise KeyError

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", told)
    with pytest.raises(KeyError):
        work()
    assert done == ["first"]


def test_results_of_equal_work_come_in_order_from_several_threads(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(4), raising=False)
    threads = set()
    meet = threading.Barrier(3, timeout=10)

    def doubled(number):
        threads.add(threading.current_thread())
        meet.wait()
        return 2 * number

    assert list(side_by_side(doubled, range(9), most=3)) == list(range(0, 18, 2))
    assert len(threads) == 3
    assert list(side_by_side(doubled, [], most=3)) == []


@pytest.mark.parametrize("most", [1, 4])
def test_an_error_of_equal_work_is_raised_in_its_place(most):
    def inverse(number):
        return 1 / number

    results = side_by_side(inverse, [2, 1, 0, 4], most=most)
    assert [next(results), next(results)] == [0.5, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
