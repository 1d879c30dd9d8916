"""One graphics card for this process alone, told by a lock; it loads no backend.

Several jobs of a workflow may run on one node. Each that asks takes the first card whose lock file
(in the folder for temporary files) nobody holds, and lets its backend see that card only. The
kernel gives a lock back when its process ends, however it ends.
"""

import fcntl
import logging
import os
import re
import tempfile
import time
from itertools import takewhile
from pathlib import Path
from typing import IO

from danq.errors import InputError

logger = logging.getLogger(__name__)

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_WAIT = 1.0
_held: list[IO[str]] = []


def own_gpu() -> str | None:
    """Take a card, waiting for one where all are taken.

    Returns its number, or its identifier where ``CUDA_VISIBLE_DEVICES`` has those; None where the
    process may see no card.
    """
    cards = visible_cards()
    is_waiting = False
    while cards:
        for card in cards:
            if _lock(card):
                os.environ[_VISIBLE] = card
                logger.info("runs on graphics card %s", card)
                return card
        if not is_waiting:
            logger.info("waits for one of the graphics cards %s", ", ".join(cards))
            is_waiting = True
        time.sleep(_WAIT)
    return None


def visible_cards() -> list[str]:
    """List the cards that this process may see: those named, or all that the driver shows."""
    named = os.environ.get(_VISIBLE)
    if named is not None:
        # CUDA stops at the first that is none.
        return [*takewhile(lambda card: card not in ("", "-1"), map(str.strip, named.split(",")))]
    numbers = [re.fullmatch(r"nvidia(\d+)", path.name) for path in Path("/dev").glob("nvidia*")]
    return [str(number) for number in sorted(int(found[1]) for found in numbers if found)]


def _lock(card: str) -> bool:
    path = Path(tempfile.gettempdir()) / f"danq-gpu-{re.sub(r'[^A-Za-z0-9-]', '_', card)}.lock"
    try:
        file = open(path, "a")  # noqa: SIM115 (held until the process ends)
        if os.fstat(file.fileno()).st_uid == os.getuid():
            # Whatever the umask: who cannot read it cannot see that the card is taken.
            os.fchmod(file.fileno(), 0o644)
    except PermissionError:
        # Made by another person; to lock it, reading it is enough.
        try:
            file = open(path)  # noqa: SIM115
        except PermissionError as error:
            raise InputError(
                "is the lock of a graphics card, and its owner lets nobody read it, expected one "
                "that can be read (remove it, or set TMPDIR to a folder that all such jobs share)",
                path=path,
            ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return False
    _held.append(file)
    return True
