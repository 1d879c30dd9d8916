"""What a variant changes: VCF in, scored VCF and score file out."""

from danq.genome.variants import Reason
from danq.scoring.alleles import AlleleScores, score_alleles
from danq.scoring.effects import effects
from danq.scoring.score_file import ScoreFile
from danq.scoring.score_vcf import score
from danq.scoring.summary import Summary

__all__ = [
    "AlleleScores",
    "Reason",
    "ScoreFile",
    "Summary",
    "effects",
    "score",
    "score_alleles",
]
