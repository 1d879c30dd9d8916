"""From a record's alleles to changes and reasons, with names bridged and everything counted."""

import logging

from danq.errors import InputError, quoted
from danq.genome.reference import Reference
from danq.genome.sequence import decode
from danq.genome.variants import Change, Reason, judge, longest_allele
from danq.vcf.record import Record, RecordReader
from danq.vcf.summary import Summary

logger = logging.getLogger(__name__)

_LONGEST_SHOWN = 20
_MITOCHONDRIA = ("chrM", "M", "MT", "chrMT")


class Judge:
    """Judges the alleles of a run, and counts them in `summary`, which several files may share.

    Raises InputError when a mismatch is an error and the lengths of contigs in the reader's header
    are those of another assembly.
    """

    def __init__(
        self,
        reference: Reference,
        window: int,
        ref_mismatch: str,
        *,
        reader: RecordReader | None = None,
        summary: Summary | None = None,
    ) -> None:
        self.summary = Summary() if summary is None else summary
        self._reference = reference
        self._longest = longest_allele(window)
        self._is_strict = ref_mismatch == "error"
        self._path = None if reader is None else reader.name
        self._lengths = {} if reader is None else reader.header.contig_lengths
        self._names: dict[str, str | None] = {}
        if self._is_strict:
            for contig in self._lengths:
                # One assembly comes with either of two mitochondria: records on it decide.
                if contig not in _MITOCHONDRIA:
                    self._check_length(contig)

    def judge(self, record: Record) -> list[Change | Reason]:
        """Judge and count one record; return an outcome for each ALT."""
        contig, pos, ref = record.contig, record.pos, record.ref
        name = self._resolve(contig, record.line)
        outcomes = judge(self._reference, name, pos, ref, record.alts, longest=self._longest)
        if self._is_strict and name is not None and Reason.REF_MISMATCH in outcomes:
            genome = decode(self._reference.codes(name, pos - 1, pos - 1 + len(ref)))
            raise InputError(
                f"found REF {quoted(ref, _LONGEST_SHOWN)} at {quoted(f'{contig}:{pos}')}, where "
                f"the genome has {quoted(genome, _LONGEST_SHOWN)} (ref-mismatch skip gives such "
                "records a reason instead)",
                path=self._path,
                line=record.line,
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
