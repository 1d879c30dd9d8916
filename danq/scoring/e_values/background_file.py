"""The background file: what `danq background` counted, and E-values from it (HDF5)."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from danq.errors import InputError
from danq.genome.reference import Reference
from danq.hdf5.layout import TEXT, Array, Attribute, Layout, read_attribute
from danq.hdf5.reading import open_hdf5
from danq.hdf5.writing import new_hdf5, write_text, write_texts
from danq.models import PRECISIONS
from danq.paths import StrPath, file_digest
from danq.ranges import BASES, COUNT, SEED, whole
from danq.scoring.e_values.exceedance import BINS, Exceedance, Tally, agrees, edges, magnitudes
from danq.scoring.scorers.effects import Floats
from danq.scoring.scorers.ensemble import Ensemble
from danq.targets.names import target_difference

logger = logging.getLogger(__name__)

FORMAT = 2
_WITHOUT_CHECKSUM = 1
"""The format before: the same, but its files may lack the checksum."""

_TITLE = "a background of danq background"
_FORM = Attribute("format", int)
# What E-values depend on: over these and the arrays the checksum is taken.
_SUMMED = (
    _FORM,
    # Counts are uint32.
    Attribute("variants", int, whole(1, 2**32 - 1)),
    *(Attribute(name, str) for name in ("model", "model_checksum", "genome", "genome_checksum")),
    Attribute("precision", str, choices=PRECISIONS),
)
_LAYOUT = Layout(
    _TITLE,
    attributes=[
        *_SUMMED,
        *(Attribute(name, str) for name in ("version", "vcf", "vcf_checksum", "units")),
        Attribute("window", int, BASES),
        Attribute("ref_mismatch", str, choices=("error", "skip")),
        Attribute("snvs_only", bool),
        Attribute("max_variants", int, whole(0, int(COUNT.most))),
        Attribute("seed", int, SEED),
    ],
    arrays=[
        Array("targets", TEXT, ("targets",)),
        Array("counts", "uint32", ("targets", BINS)),
        Array(
            "largest", "float32", ("targets", "kept"), low=0, high=float(np.finfo(np.float32).max)
        ),
        Array("edges", "float32", (BINS,)),
        Array("what", TEXT, ("rows",)),
        Array("count", "int64", ("rows",), low=0),
    ],
)
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
    """
    what, count = zip(*counted, strict=True)
    said = {**attributes, "format": FORMAT, "variants": tally.n}
    arrays = {"counts": tally.counts, "largest": tally.largest(), "edges": edges()}
    said["checksum"] = _checksum(said, {**arrays, "targets": list(targets)})
    with new_hdf5(path) as (file, _):
        for name, value in said.items():
            if isinstance(value, str):
                write_text(file, name, value)
            else:
                file.attrs[name] = value
        options: dict[str, Any] = {"compression": "gzip", "shuffle": True}
        file.create_dataset("counts", data=arrays["counts"], chunks=(1, BINS), **options)
        file.create_dataset("largest", data=arrays["largest"], **options)
        file.create_dataset("edges", data=arrays["edges"], **options)
        write_texts(file, "targets", targets)
        write_texts(file, "what", what)
        file.create_dataset("count", data=np.array(count, np.int64))


def _checksum(attributes: Mapping[str, Any], arrays: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what E-values are looked up in, and of whose they are."""
    said = [str(attributes[one.name]) for one in _SUMMED] + list(arrays["targets"])
    content = hashlib.sha256(repr(said).encode())
    for name in ("counts", "largest", "edges"):
        content.update(np.ascontiguousarray(arrays[name]).data)
    return content.hexdigest()


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
        When the file cannot be read or is not a background.
    """

    def __init__(self, path: StrPath) -> None:
        self.path = Path(path)
        self._checksum: str | None = None
        with open_hdf5(path, _TITLE) as file:
            found = read_attribute(file, _FORM, _TITLE)
            if found not in (_WITHOUT_CHECKSUM, FORMAT):
                raise InputError(
                    f"has the format {found}, expected a background of format {FORMAT} (danq "
                    "background makes it)",
                    path=path,
                )
            self.attributes = _LAYOUT.read_attributes(file)
            checksum = Attribute("checksum", str, is_optional=found == _WITHOUT_CHECKSUM)
            stored = read_attribute(file, checksum, _TITLE)
            arrays = _LAYOUT.read_arrays(file)
        self.variants: int = self.attributes["variants"]
        self.targets: list[str] = arrays["targets"]
        counts, largest = arrays["counts"], arrays["largest"]
        if stored not in (_checksum(self.attributes, arrays), None):
            raise InputError("is damaged: its contents differ from its checksum", path=path)
        is_whole = np.array_equal(arrays["edges"], edges()) and (
            ("variants", self.variants)
            in zip(arrays["what"], arrays["count"].tolist(), strict=True)
        )
        if not is_whole or not agrees(counts, largest, self.variants):
            raise InputError("is damaged: its counts do not add up to its variants", path=path)
        self._exceedance = Exceedance(counts, largest, self.variants)

    @property
    def checksum(self) -> str:
        """SHA-256 of the file."""
        if self._checksum is None:
            self._checksum = file_digest(self.path)
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
        made = sorted(checksum.split(","))
        is_same = made == sorted(ensemble.checksum.split(",")) or (
            made == sorted(ensemble.former_checksum().split(","))
        )
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
        """Return each score's E-value.

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
