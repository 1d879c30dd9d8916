"""Maps to draw: contributions that a test chooses, of regions and of both alleles of a variant."""

import numpy as np

from danq.genome import UNKNOWN, encode
from danq.interpretation.maps import ExplainedOutput, Maps, Stretch


def make_maps(stretches, bases, contributions, predicted=None, outputs=("CTCF",)):
    """Maps with these contributions, (n, T, length)."""
    codes = np.stack([encode(text) for text in bases])
    contributions = np.asarray(contributions, np.float32).reshape(len(codes), len(outputs), -1)
    hypothetical = np.repeat(-contributions[..., None], 4, axis=3)
    rows, positions = np.nonzero(codes != UNKNOWN)
    hypothetical[rows, :, positions, codes[rows, positions]] *= -1
    if predicted is None:
        predicted = np.zeros((len(codes), len(outputs)))
    explained = [ExplainedOutput(name, (place,)) for place, name in enumerate(outputs)]
    return Maps(explained, stretches, codes, hypothetical, np.asarray(predicted, np.float32))


def variant_maps(change, before, after, contributions, **options):
    """Maps of both alleles, cut to one length; `contributions` (2, T, length)."""
    ref, alt = (before + bases + after for bases in (change.ref, change.alt))
    length = min(len(ref), len(alt))
    start = change.start - len(before)
    stretches = [
        Stretch(change.contig, start, start + length, ".", allele) for allele in ("REF", "ALT")
    ]
    return make_maps(stretches, [ref[:length], alt[:length]], contributions, **options)
