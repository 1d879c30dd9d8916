"""From a record's alleles to changes and reasons, with names bridged and everything counted."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence

from danq.errors import InputError, quoted
from danq.genome.reference import Reference
from danq.genome.sequence import decode
from danq.genome.variants import Change, Reason, judge, longest_allele
from danq.scoring.blocks.summary import Summary

logger = logging.getLogger(__name__)

_LONGEST_SHOWN = 20
_MITOCHONDRIA = ("chrM", "M", "MT", "chrMT")


class Judge:
    """Judges the alleles of a run, and keeps its summary.

    Parameters
    ----------
    reference
        The genome.
    window
        Bases in the network's window.
    ref_mismatch
        ``"error"`` or ``"skip"``.
    path
        The file that errors name, if there is one.
    contig_lengths
        Lengths of contigs as the variants' side gives them.
    summary
        Counts to add to, where several files are one input.

    Attributes
    ----------
    summary : Summary
        The counts so far.

    Raises
    ------
    InputError
        When `ref_mismatch` is neither; or it is ``"error"`` and lengths of contigs tell of another
        assembly.
    """

    def __init__(
        self,
        reference: Reference,
        window: int,
        ref_mismatch: str,
        *,
        path: str | os.PathLike[str] | None = None,
        contig_lengths: Mapping[str, int] | None = None,
        summary: Summary | None = None,
    ) -> None:
        if ref_mismatch not in ("error", "skip"):
            raise InputError(
                f'found ref_mismatch {quoted(ref_mismatch)}, expected "error" or "skip"'
            )
        self.summary = Summary() if summary is None else summary
        self._reference = reference
        self._longest = longest_allele(window)
        self._is_strict = ref_mismatch == "error"
        self._path = path
        self._lengths = contig_lengths or {}
        self._names: dict[str, str | None] = {}
        if self._is_strict:
            for contig in self._lengths:
                # One assembly comes with either of two mitochondria: records on it decide.
                if contig not in _MITOCHONDRIA:
                    self._check_length(contig)

    def judge(
        self, contig: str, pos: int, ref: str, alts: Sequence[str], *, line: int | None = None
    ) -> list[Change | Reason]:
        """Judge and count one record.

        Parameters
        ----------
        contig, pos, ref, alts
            As in a VCF; `pos` is 1-based.
        line
            The record's line, for errors.

        Returns
        -------
        list of Change or Reason
            One for each ALT.

        Raises
        ------
        InputError
            When REF differs from the genome and that is an error.
        """
        name = self._resolve(contig, line)
        outcomes = judge(self._reference, name, pos, ref, alts, longest=self._longest)
        if self._is_strict and name is not None and Reason.REF_MISMATCH in outcomes:
            genome = decode(self._reference.codes(name, pos - 1, pos - 1 + len(ref)))
            raise InputError(
                f"found REF {quoted(ref, _LONGEST_SHOWN)} at {quoted(f'{contig}:{pos}')}, where "
                f"the genome has {quoted(genome, _LONGEST_SHOWN)} (ref-mismatch skip gives such "
                "records a reason instead)",
                path=self._path,
                line=line,
            )
        self.summary.count(outcomes)
        self.summary.count_contig(contig, name)
        return outcomes

    def _resolve(self, contig: str, line: int | None) -> str | None:
        """Find the genome's name of a contig, and say it once when it is not the same."""
        if contig not in self._names:
            name = self._reference.resolve(contig, self._lengths.get(contig))
            if name is None:
                logger.warning(
                    "contig %s is not in the genome, nothing on it is scored", quoted(contig)
                )
            elif self._check_length(contig, line):
                name = None
            elif name != contig:
                logger.warning("contig %s is read as the genome's %s", quoted(contig), quoted(name))
            self._names[contig] = name
        return self._names[contig]

    def _check_length(self, contig: str, line: int | None = None) -> bool:
        """Return whether a contig is longer or shorter than the genome's of its name.

        Where REFs must agree so must lengths; else a warning names it, and nothing on it is scored:
        one base in four of another assembly agrees by chance.
        """
        declared = self._lengths.get(contig)
        name = self._reference.resolve(contig, declared)
        if name is None or declared is None or declared == self._reference.contigs[name]:
            return False
        lengths = (
            f"contig {quoted(contig)} has {declared} bases in the header, "
            f"{self._reference.contigs[name]} in the genome"
        )
        if self._is_strict:
            raise InputError(
                f"{lengths}: expected variants of the same assembly (ref-mismatch skip gives "
                "records on it a reason instead)",
                path=self._path,
                line=line,
            )
        logger.warning("%s: %s, nothing on it is scored", self._path, lengths)
        return True
