"""How good a model is: metrics, curves, the k-mer floor, and the tables and figures of a run."""

from danq.evaluation.evaluate import evaluate, write
from danq.evaluation.kmers import KmerFloor, canonical_kmers, kmer_counts, kmer_features
from danq.evaluation.metrics import GroupSummary, Metrics, per_target, summarise
from danq.evaluation.results import Evaluation, ModelResult
from danq.evaluation.tables import groups_table, metrics_table

__all__ = [
    "Evaluation",
    "GroupSummary",
    "KmerFloor",
    "Metrics",
    "ModelResult",
    "canonical_kmers",
    "evaluate",
    "groups_table",
    "kmer_counts",
    "kmer_features",
    "metrics_table",
    "per_target",
    "summarise",
    "write",
]
