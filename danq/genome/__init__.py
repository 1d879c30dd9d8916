"""Files of biology as arrays: sequence, reference, intervals, variants. No Keras here."""

from danq.genome.bed import Intervals, read_bed
from danq.genome.intervals import Region, parse_region
from danq.genome.reference import Reference
from danq.genome.sequence import ALPHABET, UNKNOWN, decode, encode, one_hot, reverse_complement

__all__ = [
    "ALPHABET",
    "UNKNOWN",
    "Intervals",
    "Reference",
    "Region",
    "decode",
    "encode",
    "one_hot",
    "parse_region",
    "read_bed",
    "reverse_complement",
]
