"""Seconds and memory of a command, its children included."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

_FIELDS = {"RssAnon:": "anonymous", "VmRSS:": "resident"}


@dataclass
class Usage:
    """What a command took.

    Attributes
    ----------
    seconds
        By the clock.
    cpu
        Of all cores together, children included: what the clock would show on one core that nothing
        else uses.
    anonymous, resident
        Most memory in GB, without and with the mapped files that the kernel can drop at any time.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    anonymous: float = 0.0
    resident: float = 0.0


def measured(command: list[str], **options: Any) -> Usage:
    """Run a command, looking at its memory every 0.1 s; it must succeed."""
    usage = Usage()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    process = psutil.Popen(command, **options)
    while process.poll() is None:
        now = dict.fromkeys(_FIELDS.values(), 0)
        for one in [process, *process.children(recursive=True)]:
            try:
                lines = Path(f"/proc/{one.pid}/status").read_text().splitlines()
            except (FileNotFoundError, ProcessLookupError):
                continue
            for words in map(str.split, lines):
                if words and words[0] in _FIELDS:
                    now[_FIELDS[words[0]]] += int(words[1])
        usage.anonymous = max(usage.anonymous, now["anonymous"] * 1024 / 1e9)
        usage.resident = max(usage.resident, now["resident"] * 1024 / 1e9)
        time.sleep(0.1)
    usage.seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    usage.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if process.returncode:
        raise SystemExit(process.returncode)
    return usage
