"""Logits of references and of edited copies of them, computing once what both share.

A copy differs from its reference in a short stretch, so most of what a network computes is equal
too: convolution outputs that do not see the stretch, the states of a recurrence before it (from
either side), and all but a part of a dense layer's sums. Here a reference passes the network whole
and a copy only where it differs.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from danq.models.devices import count_gpus
from danq.models.sharing.compiled import compile_function
from danq.models.sharing.plan import stages
from danq.models.sharing.stages import Piece
from danq.models.sharing.windows import Span

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]

SPREAD = 48
"""Positions over which the edits of one step may lie: a step reaches from the first to the last."""


class Edits(NamedTuple):
    """n edited copies of references.

    `rows`, int32 (n,), is the reference of each, `at`, int32 (n,), the position of its first base
    that may differ, and `bases`, uint8 (n, size), what it holds from there on.
    """

    rows: Places
    at: Places
    bases: Codes

    def applied(self, references: Codes, some: slice) -> Codes:
        """Return some of the copies, whole: uint8 (…, window)."""
        copies = references[self.rows[some]]
        index = self.at[some][:, None] + np.arange(self.bases.shape[1])
        np.put_along_axis(copies, index, self.bases[some], axis=1)
        return copies


def as_they_are(logits: Floats) -> Floats:
    """Return what it is given."""
    return logits


class SharedNetwork:
    """A network that predicts edited copies beside their references, in steps of fixed shapes.

    The network goes from float one-hot to probabilities and ends in logits and a sigmoid layer of
    its own. Edits lie within `scope`, anywhere, or `is_fixed` each is all of it. `batch_size`
    copies pass in a step, and `references` as many references. `half` is the same network in half
    precision: what references and copies share is computed in it, and what differs in float32, so
    that differences are not rounded away; its edits are fixed. `logits` needs `is_shared`.
    """

    def __init__(
        self,
        network: keras.Model,
        scope: Span,
        *,
        batch_size: int,
        references: int,
        unknown: float,
        is_fixed: bool = False,
        half: keras.Model | None = None,
    ) -> None:
        self.scope, self._is_fixed = scope, is_fixed
        self._batch, self._references = batch_size, references
        self._outputs = int(network.output_shape[-1])
        self._is_half = half is not None
        plan = stages(
            network,
            scope,
            unknown=unknown,
            split_recurrence=not count_gpus(),
            is_fixed=is_fixed,
            half=half,
        )
        self.is_shared = plan is not None
        self._stages = plan or []
        own = [weights for stage in self._stages for weights in stage.weights]
        self._variables = [*network.variables, *(half.variables if half else ()), *own]
        self._pass_references = compile_function(self._reference, self._variables)
        self._pass_copies: dict[int, Callable[..., Any]] = {}

    def logits(
        self,
        references: Codes,
        edits: Sequence[Edits],
        reduce: Callable[[Floats], Floats] = as_they_are,
        columns: int | None = None,
    ) -> tuple[Floats, list[Floats]]:
        """Predict references and their edited copies, one strand each.

        Parameters
        ----------
        references
            uint8 (r, window).
        edits
            Sets of edits, each of one size and in the order of their rows.
        reduce
            What becomes of logits (n, targets) as they come: (n, columns).
        columns
            What `reduce` leaves; by default all targets.

        Returns
        -------
        references, copies
            float32 (r, columns), and (n, columns) for each set of edits.
        """
        columns = self._outputs if columns is None else columns
        of_references = np.empty((len(references), columns), np.float32)
        of_copies = [np.empty((len(each.rows), columns), np.float32) for each in edits]
        waiting: deque[tuple[Any, Floats, Any]] = deque()

        def fetch(but: int) -> None:
            """Fetch results later than they are asked for, so that no device waits for a copy."""
            while len(waiting) > but:
                tensor, result, rows = waiting.popleft()
                found = ops.convert_to_numpy(tensor)
                result[rows] = reduce(found[: len(result[rows])])

        for first in range(0, len(references), self._references):
            batch = references[first : first + self._references]
            z, kept = self._pass_references(_padded(batch, self._references))
            rows = slice(first, first + len(batch))
            if self._is_half:
                own = batch[:, self.scope.first : self.scope.last]
                places = np.arange(len(batch), dtype=np.int32)
                z = self._step(Edits(places, np.zeros_like(places), own), kept)
            waiting.append((z, of_references, rows))
            for each, result in zip(edits, of_copies, strict=True):
                low, high = np.searchsorted(each.rows, (rows.start, rows.stop))
                for chosen in self._steps(each, low, high):
                    some = Edits(each.rows[chosen] - first, each.at[chosen], each.bases[chosen])
                    waiting.append((self._step(some, kept), result, chosen))
                    fetch(but=2)
        fetch(but=0)
        return of_references, of_copies

    def _steps(self, edits: Edits, low: int, high: int) -> Iterator[npt.NDArray[np.intp]]:
        """Yield those of the edits `low` to `high` that pass together: near each other."""
        order = low + np.argsort(edits.at[low:high], kind="stable")
        while len(order):
            at = edits.at[order[: self._batch]]
            near = int(np.searchsorted(at, at[0] + SPREAD, side="right"))
            yield order[:near]
            order = order[near:]

    def _step(self, edits: Edits, kept: Any) -> Any:
        """Predict at most a batch of copies; places are filled up with the last of them."""
        size = edits.bases.shape[1]
        if size not in self._pass_copies:
            self._pass_copies[size] = compile_function(self._copies, self._variables)
        rows = edits.rows
        own = len(rows) == self._references == self._batch and np.array_equal(
            rows, np.arange(len(rows))
        )
        return self._pass_copies[size](
            _padded(edits.bases, self._batch),
            _padded(edits.at, self._batch),
            kept,
            None if own else _padded(rows, self._batch),
        )

    def _reference(self, codes: Any) -> tuple[Any, list[Any]]:
        kept = []
        for stage in self._stages:
            codes, one = stage.reference(codes)
            kept.append(one)
        return codes, kept

    def _copies(self, bases: Any, at: Any, kept: list[Any], rows: Any) -> Any:
        at = self.scope.first if self._is_fixed else ops.convert_to_tensor(at)
        rows = None if rows is None else ops.convert_to_tensor(rows)
        piece = Piece(bases, at, min(SPREAD, self.scope.size - bases.shape[1]))
        for stage, one in zip(self._stages, kept, strict=True):
            piece = stage.alternative(piece, one, rows)
        return piece.values


def _padded(rows: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """Repeat the last row up to a number of them."""
    missing = size - len(rows)
    return np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows
