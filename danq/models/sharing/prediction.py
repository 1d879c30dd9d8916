"""A network's predictions of alleles and edits, each by the steps that share most."""

from collections.abc import Callable, Iterator
from functools import cached_property

import keras
import numpy as np
import numpy.typing as npt

from danq.models.sharing.alleles import (
    EDIT_SIZES,
    LONGEST_EDIT,
    Changed,
    central_scope,
    edits_of,
)
from danq.models.sharing.edits import Codes, Edits, Floats, SharedNetwork
from danq.models.sharing.windows import Span

REFERENCES = 16
"""Windows whose edited copies are predicted together: they keep megabytes each, and their copies,
which lie at one position, fill a batch."""

Rows = npt.NDArray[np.integer]


class SharedPrediction:
    """Makes a `SharedNetwork` for each place where copies may differ, when it is first needed.

    `network` and `half` are as there. `batch_size` copies pass in a step. `is_allowed` False makes
    nothing possible.
    """

    def __init__(
        self,
        network: keras.Model,
        half: keras.Model | None,
        *,
        batch_size: int,
        unknown: float,
        is_allowed: bool,
    ) -> None:
        self._network, self._half = network, half
        self._batch, self._unknown = batch_size, unknown
        self._is_allowed = is_allowed
        self._window = int(network.input_shape[1])
        self._made: dict[tuple[Span, int, bool], SharedNetwork] = {}

    @cached_property
    def is_possible(self) -> bool:
        """Whether the network shares any work: then it does so wherever copies differ."""
        return self._is_allowed and self._central.is_shared

    @property
    def _central(self) -> SharedNetwork:
        """The network for single bases at the centre of either strand."""
        return self._of(central_scope(self._window, 1), references=self._batch, is_fixed=True)

    def _of(self, scope: Span, *, references: int, is_fixed: bool = False) -> SharedNetwork:
        key = (scope, references, is_fixed)
        if key not in self._made:
            self._made[key] = SharedNetwork(
                self._network,
                scope,
                batch_size=self._batch,
                references=references,
                unknown=self._unknown,
                is_fixed=is_fixed,
                half=self._half if is_fixed else None,
            )
        return self._made[key]

    def allele_logits(
        self, references: Codes, alternatives: Codes, rows: Rows, changed: Changed
    ) -> tuple[Floats, Floats]:
        """Predict references (r, window), and alternatives (n, window) of these rows.

        Those that differ elsewhere than at the centre pass whole. In half precision there must be
        none.
        """
        network = self._central
        near = changed.within(network.scope)
        first = np.full(len(alternatives), network.scope.first)
        which, edits = edits_of(alternatives, rows, near, first, network.scope.size)
        apart, longer = ~near, []
        for chosen, z in self._longer_edits(
            references, alternatives, rows, changed=changed, left=~near
        ):
            longer.append((chosen, z))
            apart[chosen] = False
        # As references without alternatives.
        whole = np.concatenate([references, alternatives[apart]])
        z_whole, [z_near] = network.logits(whole, [edits])
        result = np.empty((len(alternatives), z_whole.shape[1]), np.float32)
        for chosen, z in [(which, z_near), *longer]:
            result[chosen] = z
        result[apart] = z_whole[len(references) :]
        return z_whole[: len(references)], result

    def _longer_edits(
        self,
        references: Codes,
        alternatives: Codes,
        rows: Rows,
        *,
        changed: Changed,
        left: npt.NDArray[np.bool_],
    ) -> Iterator[tuple[npt.NDArray[np.intp], Floats]]:
        """Predict those of the alternatives `left` that change several bases at the centre.

        A few of one size would not pay for a step of their own.
        """
        scope = central_scope(self._window, LONGEST_EDIT)
        length, shorter = changed.last - changed.first, 0
        for size in EDIT_SIZES:
            fits = left & changed.within(scope) & (length > shorter) & (length <= size)
            shorter = size
            if fits.sum() < max(1, self._batch // 4) or size > scope.size:
                continue
            first = np.minimum(changed.first, scope.last - size)
            which, edits = edits_of(alternatives, rows, fits, first, size)
            used, places = np.unique(edits.rows, return_inverse=True)
            edits = edits._replace(rows=places.astype(np.int32))
            _, [z] = self._of(scope, references=self._batch).logits(references[used], [edits])
            yield which, z

    def edit_logits(
        self,
        references: Codes,
        edits: Edits,
        scope: Span,
        *,
        reduce: Callable[[Floats], Floats],
        columns: int | None,
    ) -> tuple[Floats, Floats]:
        """Predict references and edits within a scope, in float32."""
        network = self._of(scope, references=REFERENCES)
        z, [copies] = network.logits(references, [edits], reduce, columns)
        return z, copies
