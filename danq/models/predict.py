"""Batched prediction: codes in, logits or probabilities out; all that predicts comes here."""

import os
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.genome import reverse_complement
from danq.models.devices import default_batch
from danq.models.encoding import logits_from_codes
from danq.models.files import ENDING, check_runs, ends_in_logits, load, running
from danq.models.inputs import Codes, Sequences, as_codes
from danq.models.keras_files.metadata import Metadata
from danq.models.precision import check_precision, full_float32, with_precision
from danq.models.sharing import Edits, SharedPrediction, Span, as_they_are
from danq.models.sharing.alleles import central_scope, find_changes
from danq.models.startup import hidden_advice
from danq.paths import StrPath
from danq.ranges import BATCH_SIZE

Floats = npt.NDArray[np.float32]
_KEPT = "_danq_predictor"


class Predictor:
    """A network ready to predict, in batches of one fixed shape.

    The shape is fixed so that the step is compiled once and numbers do not depend on how many
    windows came along; the last batch is padded.

    Parameters
    ----------
    network
        A model file, or a model of `danq.models`, with its metadata when it was loaded from a file.
    batch_size
        Windows per step; by default 256, on a graphics card 1,024.
    unknown
        What each channel of an unknown base holds; by default what the metadata say, or 0.
    precision
        What the inner layers compute in: ``bfloat16`` or ``float16`` takes a copy of the network
        (`danq.models.precision`), ``float32`` the network as it is. Results are float32 in each.
    share_alleles
        Whether `allele_logits` computes once what alleles have in common, where the network allows.

    Attributes
    ----------
    window : int
        Bases in an input window.
    n_targets : int
        Outputs.
    batch_size : int
        Windows a step.
    metadata : Metadata or None
        What travelled with the model file.

    Raises
    ------
    InputError
        When the batch size is out of range, the precision is none of the three, the file cannot be
        read, or the network does not end in logits and a sigmoid layer of its own.
    """

    def __init__(
        self,
        network: keras.Model | StrPath,
        *,
        batch_size: int | None = None,
        unknown: float | None = None,
        precision: str = "float32",
        share_alleles: bool = True,
    ) -> None:
        self.batch_size = default_batch() if batch_size is None else batch_size
        BATCH_SIZE.check("batch size", self.batch_size)
        check_precision(precision)
        if isinstance(network, (str, os.PathLike)):
            network = load(network)
        if not isinstance(network, keras.Model):
            raise InputError(
                f"found {type(network).__name__}, expected a model file or a keras.Model"
            )
        if not ends_in_logits(network):
            raise InputError(f"the network has no logits to predict with: expected {ENDING}")
        if not hasattr(network, "danq"):
            # `load` has seen that others run.
            check_runs(network, network.name)
        self._exact = network
        if precision != "float32":
            network = with_precision(network, precision)
        self.metadata: Metadata | None = getattr(network, "danq", None)
        self.window = int(network.input_shape[1])
        self.n_targets = int(network.output_shape[-1])
        if unknown is None:
            unknown = self.metadata.unknown if self.metadata else 0.0
        self._model: Any = logits_from_codes(network, unknown=unknown)
        self._network, self._unknown = network, unknown
        self._is_half = precision != "float32"
        self._float32: Predictor | None = None
        self._sharing = SharedPrediction(
            self._exact,
            network if self._is_half else None,
            batch_size=self.batch_size,
            unknown=unknown,
            is_allowed=share_alleles,
        )

    def __repr__(self) -> str:
        return (
            f"<Predictor of {self._network.name}: windows of {self.window} bases, "
            f"{self.n_targets} targets, batches of {self.batch_size}>"
        )

    @property
    def network(self) -> keras.Model:
        """The network itself, in float32."""
        return self._exact

    @property
    def unknown(self) -> float:
        """What each channel of an unknown base holds."""
        return self._unknown

    def logits(self, sequences: Sequences) -> Floats:
        """Predict what stands before the sigmoid, for the strand as given.

        Parameters
        ----------
        sequences
            Windows, as `danq.models.inputs.as_codes` takes them: codes, uint8 (n, window); letters;
            or a list or dictionary of them.

        Returns
        -------
        numpy.ndarray
            float32 (n, targets); of a single window (1, targets).

        Raises
        ------
        InputError
            When the windows are not of the network's length, or not of bases.
        """
        codes = as_codes(sequences, self.window)
        result = np.empty((len(codes), self.n_targets), dtype=np.float32)
        for first in range(0, len(codes), self.batch_size):
            batch = codes[first : first + self.batch_size]
            missing = self.batch_size - len(batch)
            if missing:
                batch = np.concatenate([batch, np.zeros((missing, self.window), np.uint8)])
            with (
                nullcontext() if self._is_half else full_float32(),
                hidden_advice(),
                running(self._network.name),
            ):
                rows = self._model.predict_on_batch(batch)
            result[first : first + self.batch_size] = rows[: self.batch_size - missing]
        return result

    def allele_logits(
        self,
        references: Codes,
        alternatives: Codes,
        rows: npt.NDArray[np.integer],
    ) -> tuple[Floats, Floats]:
        """Predict windows and what variants make of them, sharing what they have in common.

        An alternative that differs from its reference only in a few bases at the centre, on either
        strand, is computed only where it differs (`danq.models.sharing`); any other one as
        `logits` does. The numbers are those of `logits` up to rounding. In half precision only
        what alleles share is computed in it: whatever differs, and all of an alternative that
        differs elsewhere and of its reference, is float32, since a score is a difference.

        Parameters
        ----------
        references
            uint8 (r, window).
        alternatives
            uint8 (n, window).
        rows
            (n,): for each alternative the row of its reference.

        Returns
        -------
        reference_logits, alternative_logits : numpy.ndarray
            float32 (r, targets) and (n, targets).
        """
        if not self._sharing.is_possible:
            z = self.logits(np.concatenate([references, alternatives]))
            return z[: len(references)], z[len(references) :]
        changed = find_changes(references, alternatives, rows)
        if self._is_half:
            apart = ~changed.within(central_scope(self.window, 1))
            if apart.any():
                return self._in_two_precisions(references, alternatives, rows, apart)
        with full_float32(), hidden_advice(), running(self._network.name):
            return self._sharing.allele_logits(references, alternatives, rows, changed)

    def edit_logits(
        self,
        references: Codes,
        edits: Edits,
        scope: Span,
        *,
        reduce: Callable[[Floats], Floats] = as_they_are,
        columns: int | None = None,
    ) -> tuple[Floats, Floats]:
        """Predict windows and edited copies of them, in float32, sharing what they have in common.

        Parameters
        ----------
        references
            uint8 (r, window).
        edits
            In the order of their rows, all within `scope`.
        scope
            Positions of the window that may be edited.
        reduce, columns
            What is kept of logits (n, targets), as they come: (n, columns). By default all.

        Returns
        -------
        reference_logits, edited_logits : numpy.ndarray
            float32 (r, columns) and (n, columns).
        """
        if self.shares_edits:
            with full_float32(), hidden_advice(), running(self._network.name):
                return self._sharing.edit_logits(
                    references, edits, scope, reduce=reduce, columns=columns
                )
        exact = self._in_float32() if self._is_half else self
        parts = [
            reduce(exact.logits(edits.applied(references, slice(first, first + self.batch_size))))
            for first in range(0, len(edits.rows), self.batch_size)
        ]
        z = reduce(exact.logits(references))
        return z, np.concatenate([z[:0], *parts])

    @property
    def shares_edits(self) -> bool:
        """Whether `edit_logits` computes once what windows and their copies have in common."""
        return self._sharing.is_possible

    def _in_two_precisions(
        self,
        references: Codes,
        alternatives: Codes,
        rows: npt.NDArray[np.integer],
        apart: npt.NDArray[np.bool_],
    ) -> tuple[Floats, Floats]:
        """Predict in float32 where an alternative shares too little for its difference to be kept.

        That goes for its reference too, and for all other alternatives of that.
        """
        is_exact = np.zeros(len(references), bool)
        is_exact[rows[apart]] = True
        z_ref = np.empty((len(references), self.n_targets), np.float32)
        z_alt = np.empty((len(alternatives), self.n_targets), np.float32)
        for predictor, chosen in ((self._in_float32(), is_exact), (self, ~is_exact)):
            places = np.cumsum(chosen) - 1
            its = chosen[rows]
            z_ref[chosen], z_alt[its] = predictor.allele_logits(
                references[chosen], alternatives[its], places[rows[its]]
            )
        return z_ref, z_alt

    def _in_float32(self) -> "Predictor":
        if self._float32 is None:
            self._float32 = Predictor(
                self._exact, batch_size=self.batch_size, unknown=self._unknown
            )
        return self._float32

    def probabilities(self, sequences: Sequences, *, both_strands: bool = True) -> Floats:
        """Predict probabilities, averaged over the two strands unless told otherwise.

        Parameters
        ----------
        sequences
            Windows, as in `logits`.
        both_strands
            Average with the prediction for the reverse complement.

        Returns
        -------
        numpy.ndarray
            float32 (n, targets).
        """
        codes = as_codes(sequences, self.window)
        forward = sigmoid(self.logits(codes))
        if not both_strands:
            return forward
        return (forward + sigmoid(self.logits(reverse_complement(codes)))) / np.float32(2)


def predictor_of(
    model: Any, *, batch_size: int | None = None, precision: str = "float32"
) -> Predictor:
    """Return a predictor, the same one again for a loaded network that has not changed.

    A predictor compiles its steps when they are first used, which takes many times longer than a
    few predictions.

    Parameters
    ----------
    model
        A model file or a loaded network.
    batch_size, precision
        As in `Predictor`.

    Raises
    ------
    InputError
        As `Predictor` does.
    """
    options: dict[str, Any] = {"batch_size": batch_size, "precision": precision}
    if not isinstance(model, keras.Model):
        return Predictor(model, **options)
    # Shared and half-precision steps hold copies of weights, so that training must not go unseen.
    weights = [zlib.crc32(np.ascontiguousarray(array).data) for array in model.get_weights()]
    key = (options, weights, getattr(model, "danq", None))
    known = getattr(model, _KEPT, None)
    if known is None or known[0] != key:
        known = (key, Predictor(model, **options))
        # Past Keras, which would search the attribute for layers.
        object.__setattr__(model, _KEPT, known)
    predictor: Predictor = known[1]
    return predictor


def sigmoid(logits: Floats) -> Floats:
    """Return 1 / (1 + exp(−z)) without overflow, elementwise, float32."""
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1 / (1 + small), small / (1 + small)).astype(np.float32)
