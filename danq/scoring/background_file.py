"""The background file: what `danq background` counted, and E-values from it (HDF5)."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from danq.errors import InputError
from danq.genome.reference import Reference
from danq.hdf5 import new_hdf5
from danq.models.target_names import target_difference
from danq.scoring.effects import Floats
from danq.scoring.ensemble import Ensemble
from danq.scoring.exceedance import BINS, Exceedance, Tally, edges, magnitudes
from danq.scoring.network import sha256

logger = logging.getLogger(__name__)

FORMAT = 1
_TEXTS = ("model", "model_checksum", "genome", "genome_checksum", "precision")
_DIGITS = 12


def write_background(
    path: Path,
    tally: Tally,
    targets: Sequence[str],
    counted: Sequence[tuple[str, int]],
    attributes: Mapping[str, Any],
) -> None:
    """Write a background file.

    It holds, for t targets:

    ========= ================= =======================================================
    name      shape, dtype      what
    ========= ================= =======================================================
    `counts`  (t, bins) uint32  background variants in each bin of |diff · logit|
    `edges`   (bins,) float32   the smallest score of each bin
    `largest` (t, k) float32    the largest scores, ascending: all of up to 16,384 variants,
                                1,024 of more
    `targets` (t,) text         names of the targets
    `what`    (rows,) text      what became of the input, as in the summary
    `count`   (rows,) int64     how many of each
    ========= ================= =======================================================

    and as attributes the number of variants (`variants`) and where they and the model come from.

    Parameters
    ----------
    path
        Where to write.
    tally
        The counts.
    targets
        t names.
    counted
        What became of the input.
    attributes
        What the file says of itself.
    """
    text = h5py.string_dtype()
    what, count = zip(*counted, strict=True)
    with new_hdf5(path) as (file, _):
        file.attrs.update({**attributes, "format": FORMAT, "variants": tally.n})
        options: dict[str, Any] = {"compression": "gzip", "shuffle": True}
        file.create_dataset("counts", data=tally.counts, chunks=(1, BINS), **options)
        file.create_dataset("largest", data=tally.largest(), **options)
        file.create_dataset("edges", data=edges(), **options)
        file.create_dataset("targets", data=list(targets), dtype=text, shape=(len(targets),))
        file.create_dataset("what", data=list(what), dtype=text)
        file.create_dataset("count", data=np.array(count, np.int64))


class Background:
    """A background file, read for looking up E-values.

    Parameters
    ----------
    path
        What `danq background` wrote.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    variants : int
        How many variants are in it.
    targets : list of str
        Names of the targets.
    attributes : dict
        What the file says of itself.

    Raises
    ------
    InputError
        When the file cannot be read or is no background.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._checksum: str | None = None
        try:
            with h5py.File(self.path) as file:
                self.attributes: dict[str, Any] = dict(file.attrs)
                self._check_format()
                self.variants = int(self.attributes["variants"])
                self.targets = list(file["targets"].asstr()[:])
                counts, largest = file["counts"][:], file["largest"][:]
                same_bins = np.array_equal(file["edges"][:], edges())
        except OSError as error:
            if error.errno:
                cause = os.strerror(error.errno)
                raise InputError(f"cannot be read ({cause})", path=path) from error
            raise InputError("is no HDF5 file, or a damaged one", path=path) from error
        except (KeyError, AttributeError, TypeError) as error:
            raise InputError("is no background of danq background", path=path) from error
        fits = same_bins and counts.shape == (len(self.targets), BINS) and self.variants > 0
        if not fits or (counts.sum(axis=1) != self.variants).any():
            raise InputError("is damaged: its counts do not add up to its variants", path=path)
        self._exceedance = Exceedance(counts, largest, self.variants)

    def _check_format(self) -> None:
        found = self.attributes["format"]
        if not all(isinstance(self.attributes[key], str) for key in _TEXTS):
            raise TypeError("an attribute is no text")
        if found != FORMAT:
            raise InputError(
                f"is a background of format {found}, expected {FORMAT} (danq background makes it)",
                path=self.path,
            )

    @property
    def checksum(self) -> str:
        """SHA-256 of the file."""
        if self._checksum is None:
            self._checksum = sha256(self.path)
        return self._checksum

    def check(self, ensemble: Ensemble, reference: Reference, precision: str = "float32") -> None:
        """Refuse to judge scores of another model; say where only the genome differs.

        Parameters
        ----------
        ensemble
            What scores.
        reference
            The genome that it reads.
        precision
            What its inner layers compute in.

        Raises
        ------
        InputError
            When the background was made by another model. Models in memory have no checksum: their
            names and targets have to agree.
        """
        made_by, checksum = self.attributes["model"], self.attributes["model_checksum"]
        is_same = sorted(checksum.split(",")) == sorted(ensemble.checksum.split(","))
        if not is_same or (not checksum and made_by != ensemble.name):
            raise InputError(
                f"is the background of another model: made by {_named(made_by, checksum)}, "
                f"asked to judge {_named(ensemble.name, ensemble.checksum)}",
                path=self.path,
            )
        difference = target_difference(ensemble.targets, self.targets, source=f"{self.path} has")
        if difference is not None:
            raise InputError(difference, path=ensemble.name)
        if self.attributes["genome_checksum"] != reference.checksum:
            logger.warning(
                "%s: its variants were read on another genome (%s) than %s",
                self.path,
                Path(self.attributes["genome"]).name,
                reference.path,
            )
        if self.attributes["precision"] != precision:
            logger.warning(
                "%s: its scores were computed in %s, those judged in %s",
                self.path,
                self.attributes["precision"],
                precision,
            )

    def e_values(self, diff: Floats, logit: Floats) -> Floats:
        """Give each score's E-value.

        Parameters
        ----------
        diff, logit
            float32 (n, targets), not NaN.

        Returns
        -------
        numpy.ndarray
            float32 (n, targets): per target the share of background variants whose |diff · logit|
            is at least as large, 1 / (variants + 1) where there is none.

        References
        ----------
        Zhou & Troyanskaya 2015, Nature Methods 12:931, Online Methods.
        """
        return self._exceedance.e_values(magnitudes(diff, logit))


def _named(name: str, checksum: str) -> str:
    digits = ",".join(one[:_DIGITS] for one in checksum.split(","))
    return f"{name} ({digits})" if digits else f"{name} (no checksum)"
