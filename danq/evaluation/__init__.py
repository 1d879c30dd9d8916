"""How good a model is: metrics, curves, the k-mer floor, and the tables and figures of a run."""

from danq.evaluation.evaluate import evaluate, write
from danq.evaluation.gapped_kmers import (
    GappedKmerFloor,
    canonical_gapped_kmers,
    gapped_kmer_counts,
    gapped_kmer_features,
)
from danq.evaluation.kmers import KmerFloor, canonical_kmers, kmer_counts, kmer_features
from danq.evaluation.metrics import GroupSummary, Metrics, per_target, summarise
from danq.evaluation.results import Evaluation, ModelResult
from danq.evaluation.tables import groups_table, metrics_table

__all__ = [
    "Evaluation",
    "GappedKmerFloor",
    "GroupSummary",
    "KmerFloor",
    "Metrics",
    "ModelResult",
    "canonical_gapped_kmers",
    "canonical_kmers",
    "evaluate",
    "gapped_kmer_counts",
    "gapped_kmer_features",
    "groups_table",
    "kmer_counts",
    "kmer_features",
    "metrics_table",
    "per_target",
    "summarise",
    "write",
]
