"""Score a VCF: records stream through in order, each ALT ends with scores or a reason."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from danq.genome.reference import Reference
from danq.scoring.block import Block
from danq.scoring.blocks import prepared
from danq.scoring.destinations import Destinations
from danq.scoring.effects import AlleleLogits, AlleleWindows, predict
from danq.scoring.info import default_fields
from danq.scoring.judging import Judge
from danq.scoring.measures import Measures
from danq.scoring.network import open_scorer
from danq.scoring.origin import origin
from danq.scoring.summary import Summary
from danq.scoring.vcf_reading import VcfReader
from danq.scoring.writers import Run, open_writers
from danq.threads import Behind, ahead


def score(
    model: Any,
    genome: str | os.PathLike[str] | Reference,
    vcf: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    scores: str | os.PathLike[str] | None = None,
    ref_mismatch: str = "error",
    summary: str | os.PathLike[str] | None = None,
    plot: str | os.PathLike[str] | None = None,
    targets: Sequence[str] | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
    progress: bool = False,
) -> Summary:
    """Score every ALT of a VCF with a network.

    The output has the input's records in the input's order, their text as it was but for the INFO
    fields ``DANQ_MAX``, ``DANQ_TARGET`` and ``DANQ_REASON``. All outputs appear whole or not at
    all. Memory does not grow with the file.

    Parameters
    ----------
    model
        A ``.keras`` file, a loaded network, or an object with ``window``, ``n_targets`` and
        ``logits(codes)``.
    genome
        A FASTA file, or the reference opened from it.
    vcf
        VCF text, plain, gzip or bgzip, or ``-`` for standard input.
    output
        A ``.vcf`` file, or a ``.vcf.gz`` file, which is bgzipped and gets an index unless the
        records are not sorted.
    scores
        An HDF5 file for the scores of all targets (`danq.scoring.ScoreFile` says what is in it).
    ref_mismatch
        What a REF that differs from the genome is: an ``"error"``, or, with ``"skip"``, the reason
        ``REF_MISMATCH`` for the alleles of that record.
    summary
        A TSV file for the counts, with the columns what and count.
    plot
        A PNG file for a picture of the largest effects along the genome.
    targets
        The targets' names, where the model does not carry them.
    batch_size
        Windows predicted at once; by default the predictor's own choice.
    precision
        What the network's inner layers compute in: ``float32``, ``bfloat16`` or ``float16``. Half
        precision moves small scores (docs/devices.md says how far).
    progress
        Whether to show a progress bar on standard error, when that is a terminal.

    Returns
    -------
    Summary
        Records, alleles, those scored, and the others by reason.

    Raises
    ------
    InputError
        When an input is wrong: it names the file, the line and what was found.

    References
    ----------
    Zhou & Troyanskaya 2015, Nature Methods 12:931, Online Methods: the two scores.
    """
    destinations = Destinations(output, scores=scores, summary=summary, plot=plot)
    destinations.check(vcf)
    reader = VcfReader(vcf)
    reference = genome if isinstance(genome, Reference) else Reference(genome)
    scorer = open_scorer(model, targets=targets, batch_size=batch_size, precision=precision)
    window = scorer.predictor.window
    judge = Judge(
        reference, window, ref_mismatch, path=reader.name, contig_lengths=reader.contig_lengths
    )
    measures = Measures()
    run = Run(
        header=reader.header,
        origin=origin(scorer, reference, ref_mismatch=ref_mismatch, precision=precision),
        quantities=measures.quantities,
        columns={"targets": scorer.targets},
        labels=scorer.labels,
        fields=default_fields(scorer.labels),
    )
    with open_writers(destinations, run) as writers:

        def finish(block: Block, logits: AlleleLogits, alleles: AlleleWindows) -> None:
            writers.write(block, measures.of(logits, alleles))

        with (
            tqdm(unit=" records", unit_scale=True, disable=None if progress else True) as bar,
            Behind() as behind,
        ):
            for block, alleles in ahead(prepared(reader, judge, reference, window)):
                behind.call(finish, block, predict(scorer.predictor, alleles), alleles)
                bar.update(len(block.records))
        writers.finish(judge.summary)
    return judge.summary
