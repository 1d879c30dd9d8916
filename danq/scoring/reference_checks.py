"""What a person should know about the genome before believing scores: said, not refused."""

import logging
from pathlib import Path

from danq.genome.reference import Reference
from danq.genome.variants import Reason
from danq.scoring.scorers.scorer import Scorer
from danq.vcf.summary import Summary

logger = logging.getLogger(__name__)

_MANY_MISMATCHES = 0.05


def warn_of_reference(reference: Reference, scorer: Scorer) -> None:
    """Warn when the model was trained on another sequence, or an index beside the FASTA is stale.

    Scoring on another assembly, or on a person's own genome, is a use of its own, so the run
    continues.
    """
    trained = scorer.reference_checksum
    if trained and trained != reference.checksum:
        logger.warning(
            "%s: %s was trained on another sequence (checksum %s, this one has %s); "
            "scores are those of this file",
            reference.path,
            scorer.name,
            trained[:12],
            reference.checksum[:12],
        )
    index = Path(f"{reference.path}.fai")
    if index.is_file() and (fault := _fault_of_index(index, reference.contigs)):
        logger.warning(
            "%s: does not fit %s (%s); danq read the sequence without it, other programs would "
            "read wrong bases",
            index,
            reference.path,
            fault,
        )


def warn_of_mismatches(summary: Summary, path: str) -> None:
    """Warn when REF differs from the genome in more records than errors in them explain."""
    wrong = summary.reasons[Reason.REF_MISMATCH]
    compared = wrong + summary.scored
    if wrong > _MANY_MISMATCHES * compared:
        logger.warning(
            "%s: REF differs from the genome in %d of %d alleles: of another assembly, those that "
            "agree do so by chance",
            path,
            wrong,
            compared,
        )


def _fault_of_index(index: Path, contigs: dict[str, int]) -> str | None:
    """Return where an index of samtools and the contigs differ first."""
    try:
        rows = [line.split("\t") for line in index.read_text(encoding="utf-8").splitlines()]
        said = {row[0]: int(row[1]) for row in rows}
    except (OSError, ValueError, IndexError):
        return "it is not an index"
    for name in (*contigs, *said):
        if said.get(name) != contigs.get(name):
            lengths = (said.get(name, "none"), contigs.get(name, "none"))
            return f"{name}: {lengths[0]} bases in the index, {lengths[1]} in the sequence"
    return None
