"""Compute a background: how large scores are over many variants of a population."""

import logging
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Unpack

from tqdm import tqdm

from danq.errors import InputError, counted
from danq.genome.reference import Reference
from danq.genome.variants import Change
from danq.outputs import check_ending, check_output, whole
from danq.paths import StrPath, file_digest
from danq.ranges import COUNT, SEED, checked
from danq.scoring.e_values.background_file import write_background
from danq.scoring.e_values.exceedance import Tally, magnitudes
from danq.scoring.options import Keywords, Options
from danq.scoring.pipeline import progress_bar
from danq.scoring.plan import Plan, open_plan
from danq.scoring.provenance import describe_origin
from danq.scoring.reference_checks import warn_of_mismatches
from danq.scoring.scorers.effects import UNITS, AlleleWindows, cut
from danq.scoring.scorers.ensemble import Comparison
from danq.threads import Behind, ahead
from danq.vcf.formats import open_records
from danq.vcf.info import printable
from danq.vcf.judging import Judge
from danq.vcf.record_count import count_records
from danq.vcf.summary import Summary
from danq.write_errors import writing

logger = logging.getLogger(__name__)

BLOCK = 4096
FEW = 10_000
"""With fewer variants than these the smallest E-value is large enough to be worth a word."""


@dataclass
class BackgroundSummary:
    """What became of the input of a background.

    Attributes
    ----------
    judged
        Records, alleles and those without scores, by reason.
    not_snv
        Alleles left out because they are not single-nucleotide variants.
    not_drawn
        Alleles left out of the random choice.
    variants
        Alleles in the background.
    """

    judged: Summary = field(default_factory=Summary)
    not_snv: int = 0
    not_drawn: int = 0
    variants: int = 0

    def rows(self) -> list[tuple[str, int]]:
        """List what was counted; alleles are the sum of all that follow them."""
        return [
            ("records", self.judged.records),
            ("alleles", self.judged.alleles),
            ("variants", self.variants),
            ("not single-nucleotide", self.not_snv),
            ("not drawn", self.not_drawn),
            *self.judged.reasons.items(),
        ]

    def __str__(self) -> str:
        return "\n".join(
            f"{what:<21}  {count:>9,}"
            for what, count in self.rows()
            if count or what in ("records", "alleles", "variants")
        )


@checked
def background(
    model: Any,
    genome: StrPath | Reference,
    vcf: StrPath | Sequence[StrPath],
    output: StrPath,
    *,
    snvs_only: bool = False,
    max_variants: int | None = None,
    seed: int = 1,
    **options: Unpack[Keywords],
) -> BackgroundSummary:
    """Score many variants and keep how large their scores are, for E-values of other variants.

    Per target the file counts |diff · logit| of every background variant
    (`danq.scoring.e_values.exceedance`): some megabytes, whatever their number. Memory does not
    grow with the VCF, except for `max_variants` alleles.

    Parameters
    ----------
    model
        As in `danq.score`; several make the background of their ensemble.
    genome
        As in `danq.score`.
    vcf
        The variants, for instance common ones of 1000 Genomes: a VCF, or several that are read
        one after the other.
    output
        The background file, HDF5 (`danq.scoring.e_values.background_file` says what is in it).
    snvs_only
        Leave out variants that are not single-nucleotide; DeepSEA's background is of SNPs.
    max_variants
        Maximum number of alleles, drawn at random.
    seed
        Of the random choice.
    **options
        ref_mismatch, targets, batch_size, precision and progress, as in `danq.score`.

    Returns
    -------
    BackgroundSummary
        What became of the input.

    Raises
    ------
    InputError
        When an input is wrong, or no allele can be scored.

    References
    ----------
    Zhou & Troyanskaya 2015, Nature Methods 12:931, Online Methods: 1,000,000 SNPs of 1000 Genomes.
    """
    chosen = Options.of(background, options, Keywords)
    files = [vcf] if isinstance(vcf, (str, os.PathLike)) else list(vcf)
    if not files:
        raise InputError("found no VCF to make a background of")
    if max_variants is not None:
        COUNT.check("max_variants", max_variants)
    SEED.check("seed", seed)
    check_ending(output, "background")
    check_output(output, inputs=[model, genome, files])
    names = [os.fspath(file) for file in files]
    real = [os.path.realpath(name) for name in names]
    for place, name in enumerate(real):
        if name in real[:place]:
            raise InputError("is given twice", path=files[place])
    plan = open_plan(model, chosen)
    reference = plan.open_genome(genome)
    summary = BackgroundSummary()
    changes = _changes(names, plan, reference, summary, snvs_only=snvs_only)
    if max_variants is not None:
        changes = _drawn(changes, max_variants, seed, summary)
    with _bar(names, max_variants, chosen.progress) as bar:
        # What is drawn has all been read before.
        records = summary.judged if max_variants is None else None
        tally = _count(plan, reference, changes, bar, records)
    if not tally.n:
        raise InputError(
            "holds no allele for a background that can be scored", path=", ".join(names)
        )
    summary.variants = tally.n
    warn_of_mismatches(summary.judged, ", ".join(names))
    if tally.n < FEW:
        logger.warning(
            "a background of %s: no E-value is below %.2g",
            counted(tally.n, "variant"),
            1 / (tally.n + 1),
        )
    attributes = {
        **describe_origin(plan, reference),
        "genome": printable(reference.path.name),
        "vcf": printable(",".join(os.path.basename(name) for name in names)),
        "vcf_checksum": ",".join("" if name == "-" else file_digest(name) for name in names),
        "units": f"counts of |diff * logit|; {UNITS}",
        "snvs_only": snvs_only,
        "max_variants": max_variants or 0,
        "seed": seed,
    }
    with whole(output) as path, writing(path, output):
        write_background(path, tally, plan.ensemble.targets, summary.rows(), attributes)
    return summary


def _changes(
    files: Sequence[str],
    plan: Plan,
    reference: Reference,
    summary: BackgroundSummary,
    *,
    snvs_only: bool,
) -> Iterator[Change]:
    """Yield the changes of all files in order, and count everything."""
    window, mismatch = plan.ensemble.window, plan.options.ref_mismatch
    for file in files:
        reader = open_records(file, drop_samples=True)
        judge = Judge(reference, window, mismatch, reader=reader, summary=summary.judged)
        for outcome in (outcome for record in reader for outcome in judge.judge(record)):
            if not isinstance(outcome, Change):
                continue
            if snvs_only and not len(outcome.ref) == len(outcome.alt) == 1:
                summary.not_snv += 1
            else:
                yield outcome


def _drawn(
    changes: Iterator[Change], wanted: int, seed: int, summary: BackgroundSummary
) -> Iterator[Change]:
    """Draw changes at random, each with the same chance; they keep their order.

    Vitter 1985, ACM Transactions on Mathematical Software 11:37, algorithm R: one pass.
    """
    draw = random.Random(seed)
    kept: list[tuple[int, Change]] = []
    for place, change in enumerate(changes):
        if place < wanted:
            kept.append((place, change))
            continue
        summary.not_drawn += 1
        slot = int(draw.random() * (place + 1))
        if slot < wanted:
            kept[slot] = (place, change)
    kept.sort(key=lambda item: item[0])
    for _, change in kept:
        yield change


def _bar(files: Sequence[str], max_variants: int | None, progress: bool | None) -> tqdm:
    """Return a progress bar of the records, or of the variants to draw."""
    if max_variants is not None:
        return progress_bar(progress, " variants", lambda: max_variants)

    def count() -> int | None:
        counts = [count_records(file, open_records(file)) for file in files if file != "-"]
        return None if None in counts or "-" in files else sum(filter(None, counts))

    return progress_bar(progress, " records", count)


def _count(
    plan: Plan,
    reference: Reference,
    changes: Iterator[Change],
    bar: tqdm,
    records: Summary | None,
) -> Tally:
    """Score changes block by block and count them, reading ahead and counting behind.

    The bar shows the records that have been read, or, where there are none, the changes.
    """
    tally = Tally(len(plan.ensemble.targets))

    def prepared() -> Iterator[tuple[AlleleWindows, int]]:
        done = 0
        while block := list(islice(changes, BLOCK)):
            done = done + len(block) if records is None else records.records
            yield cut(reference, block, plan.ensemble.window), done

    def add(comparison: Comparison) -> None:
        scores = comparison.scores()
        tally.add(magnitudes(scores["diff"], scores["logit"]))

    with Behind() as behind:
        for alleles, done in ahead(prepared(), watch=behind.check):
            behind.call(add, plan.ensemble.predict(alleles, behind.call))
            bar.update(done - bar.n)
    return tally
