"""How good a model is: metrics, intervals, comparisons, baselines, and the files of a run."""

from danq.evaluation.baselines.gapped_kmers import (
    GappedKmerBaseline,
    canonical_gapped_kmers,
    gapped_kmer_counts,
    gapped_kmer_features,
)
from danq.evaluation.baselines.kmers import (
    KmerBaseline,
    canonical_kmers,
    kmer_counts,
    kmer_features,
)
from danq.evaluation.evaluate_models import evaluate
from danq.evaluation.report.tables import (
    comparison_groups_table,
    comparison_table,
    groups_table,
    medians,
    metrics_table,
    reliability_table,
)
from danq.evaluation.report.writing import write
from danq.evaluation.results import Evaluation, ModelResult
from danq.evaluation.statistics.comparison import Comparison, Difference, GroupDifference, compare
from danq.evaluation.statistics.measuring import Measured, measure, per_target
from danq.evaluation.statistics.metrics import GroupSummary, Metrics, Resamples, summarise

__all__ = [
    "Comparison",
    "Difference",
    "Evaluation",
    "GappedKmerBaseline",
    "GroupDifference",
    "GroupSummary",
    "KmerBaseline",
    "Measured",
    "Metrics",
    "ModelResult",
    "Resamples",
    "canonical_gapped_kmers",
    "canonical_kmers",
    "compare",
    "comparison_groups_table",
    "comparison_table",
    "evaluate",
    "gapped_kmer_counts",
    "gapped_kmer_features",
    "groups_table",
    "kmer_counts",
    "kmer_features",
    "measure",
    "medians",
    "metrics_table",
    "per_target",
    "reliability_table",
    "summarise",
    "write",
]
