"""Logits of references and alternatives that differ from them in one place, sharing the rest.

A variant's two windows are equal except for one base, so most of what a network computes is equal
too: convolution outputs that do not see the base, the states of a recurrence before it (from either
side), and all but a part of a dense layer's sums. Here a reference passes the network whole and an
alternative only where it differs.
"""

from collections import deque
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from danq.models.devices import count_gpus
from danq.models.sharing.compiled import compile_function
from danq.models.sharing.plan import stages
from danq.models.sharing.stages import Span

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


def central_span(window: int) -> Span:
    """Return the positions of a window where a single base at its centre stands on either strand.

    The centre is index (window − 1) // 2; in the reverse complement it is window // 2.
    """
    return Span((window - 1) // 2, window // 2 + 1)


class AlleleNetwork:
    """A network that predicts alternatives beside their references, in steps of a fixed batch size.

    The network goes from float one-hot to probabilities and ends in logits and a sigmoid layer of
    its own. `half` is the same network in half precision: what references and alternatives share is
    computed in it, and what differs in float32, so that differences are not rounded away. `span`
    are the positions where alternatives may differ; `logits` needs `is_shared`.
    """

    def __init__(
        self,
        network: keras.Model,
        *,
        batch_size: int,
        unknown: float,
        half: keras.Model | None = None,
    ) -> None:
        self.span = central_span(int(network.input_shape[1]))
        self._batch = batch_size
        self._outputs = int(network.output_shape[-1])
        self._is_half = half is not None
        plan = stages(
            network, self.span, unknown=unknown, split_recurrence=not count_gpus(), half=half
        )
        self.is_shared = plan is not None
        self._stages = plan or []
        own = [one for stage in self._stages for one in stage.weights]
        variables = [*network.variables, *(half.variables if half else ()), *own]
        self._reference = compile_function(self._pass_reference, variables)
        self._alternative = compile_function(self._pass_alternative, variables)

    def logits(
        self, references: Codes, pieces: Codes, rows: npt.NDArray[np.integer]
    ) -> tuple[Floats, Floats]:
        """Predict references and alternatives, one strand each: float32 (r or n, targets).

        References are uint8 (r, window). `pieces`, uint8 (n, span.size), are what alternatives hold
        in `span`; elsewhere they are as their references, whose rows, (n,), never fall.
        """
        of_references = np.empty((len(references), self._outputs), np.float32)
        of_alternatives = np.empty((len(pieces), self._outputs), np.float32)
        waiting: deque[tuple[Any, Floats]] = deque()

        def fetch(but: int) -> None:
            """Fetch results later than they are asked for, so that no device waits for a copy."""
            while len(waiting) > but:
                tensor, rows = waiting.popleft()
                rows[...] = keras.ops.convert_to_numpy(tensor)[: len(rows)]

        for first in range(0, len(references), self._batch):
            batch = references[first : first + self._batch]
            z, kept = self._reference(_pad(batch, self._batch))
            if self._is_half:
                own = batch[:, self.span.first : self.span.last]
                z = self._of(own, np.arange(len(batch)), kept)
            waiting.append((z, of_references[first : first + len(batch)]))
            fetch(but=2)
            low, high = np.searchsorted(rows, (first, first + len(batch)))
            for start in range(low, high, self._batch):
                stretch = slice(start, min(start + self._batch, high))
                z = self._of(pieces[stretch], rows[stretch] - first, kept)
                waiting.append((z, of_alternatives[stretch]))
                fetch(but=2)
        fetch(but=0)
        return of_references, of_alternatives

    def _of(self, pieces: Codes, rows: npt.NDArray[np.integer], kept: Any) -> Any:
        """Predict at most a batch of alternatives."""
        padded = _pad(pieces, self._batch)
        own = np.array_equal(rows, np.arange(len(rows)))
        places = None if own else _pad(rows.astype(np.int32), self._batch)
        return self._alternative(padded, kept, places)

    def _pass_reference(self, codes: Any) -> tuple[Any, list[Any]]:
        kept = []
        for stage in self._stages:
            codes, one = stage.reference(codes)
            kept.append(one)
        return codes, kept

    def _pass_alternative(self, piece: Any, kept: list[Any], rows: Any) -> Any:
        for stage, one in zip(self._stages, kept, strict=True):
            piece = stage.alternative(piece, one, rows)
        return piece


def _pad(rows: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    missing = size - len(rows)
    if not missing:
        return rows
    return np.concatenate([rows, np.zeros((missing, *rows.shape[1:]), rows.dtype)])
