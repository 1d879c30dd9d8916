"""What a variant changes: VCF in, scored VCF and score file out."""

from danq.genome.variants import Reason
from danq.scoring.alleles import AlleleScores, score_alleles
from danq.scoring.background_file import Background
from danq.scoring.background_vcf import BackgroundSummary, background
from danq.scoring.effects import effects
from danq.scoring.ensemble import Ensemble
from danq.scoring.score_file import ScoreFile
from danq.scoring.score_vcf import score
from danq.scoring.summary import Summary

__all__ = [
    "AlleleScores",
    "Background",
    "BackgroundSummary",
    "Ensemble",
    "Reason",
    "ScoreFile",
    "Summary",
    "background",
    "effects",
    "score",
    "score_alleles",
]
