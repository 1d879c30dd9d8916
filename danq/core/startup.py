"""Load Keras and its backend without the backend's start-up notes.

TensorFlow writes notes about processors and missing GPUs to standard error, from C++ and before any
setting is read, so they can only be held back where they come out. Should the import fail, what was
held back is shown.
"""

import importlib
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)


def load_backend() -> None:
    """Import Keras quietly, once; at the debug level its notes are shown."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # JAX reads this when it is first imported; otherwise it takes most of a GPU's memory.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    with hidden_notes():
        if importlib.import_module("keras").backend.backend() == "tensorflow":
            # When it first looks for a card and finds none, it says so at length.
            importlib.import_module("tensorflow").config.list_physical_devices("GPU")
    # Of a recurrence on a card: Keras hands PyTorch its weights one by one.
    warnings.filterwarnings("ignore", "RNN module weights are not part", UserWarning)


@contextmanager
def hidden_notes() -> Iterator[None]:
    """Hold back what the block writes to standard error, below Python too, unless it raises."""
    kept = None if logger.isEnabledFor(logging.DEBUG) else _standard_error()
    if kept is None:
        yield
        return
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(kept, notes.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _standard_error() -> int | None:
    """Return another number for standard error, None where a program has none."""
    try:
        sys.stderr.flush()
        return os.dup(2)
    except (OSError, AttributeError, ValueError):
        return None
