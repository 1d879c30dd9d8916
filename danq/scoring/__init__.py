"""What a variant changes: VCF in, scored VCF and score file out."""

from danq.genome.variants import Reason
from danq.scoring.allele_scores import AlleleScores, score_alleles
from danq.scoring.e_values.background_file import Background
from danq.scoring.e_values.background_vcf import BackgroundSummary, background
from danq.scoring.outputs.hdf5_table import ScoreFile
from danq.scoring.score_vcf import gather_pieces, score, score_piece, score_to_arrays
from danq.scoring.scorers.effects import effects
from danq.scoring.scorers.ensemble import Ensemble
from danq.vcf.summary import Summary

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
    "gather_pieces",
    "score",
    "score_alleles",
    "score_piece",
    "score_to_arrays",
]
