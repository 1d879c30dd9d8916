"""What an explanation returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from danq.interpretation.maps import ExplainedOutput, Maps
from danq.interpretation.methods.completeness import Completeness
from danq.vcf.summary import Summary


@dataclass(frozen=True)
class Explanation:
    """What `danq.explain` did.

    Attributes
    ----------
    outputs
        What was explained.
    count
        Number of maps: of regions or sequences, or two of each variant, REF then ALT.
    files
        Files that were written, without figures.
    maps
        The maps, where no file was written.
    summary
        What became of the alleles of a VCF.
    completeness
        How nearly contributions of whole windows sum to what they explain; None of methods whose
        contributions need not.
    """

    outputs: Sequence[ExplainedOutput]
    count: int
    files: Sequence[Path] = ()
    maps: Maps | None = None
    summary: Summary | None = None
    completeness: Completeness | None = None
