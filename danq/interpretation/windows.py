"""Where windows to explain come from: regions of a genome, a FASTA file, or variants of a VCF."""

import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from danq.errors import InputError
from danq.genome.inputs import centre_windows, read_regions, read_windows
from danq.genome.reference import Reference
from danq.genome.sequence import Codes
from danq.genome.variants import Change, windows
from danq.interpretation.maps import Stretch
from danq.interpretation.options import Options
from danq.models.sharing import Span
from danq.paths import StrPath
from danq.vcf.formats import open_records
from danq.vcf.info import largest_change
from danq.vcf.judging import Judge
from danq.vcf.summary import Summary

BLOCK, BLOCK_BYTES = 32, 128 << 20
"""Regions, or variants, that are explained and kept together, at most, and what maps they fill."""

FLANK = 100
"""Bases to either side of a variant that are explained unless told otherwise."""


@dataclass(frozen=True)
class Block:
    """Windows that are explained together.

    `codes` are uint8 (n, window), `stretches` the n stretches that are explained of them, and
    `changes` the variants whose alleles they are, REF then ALT, or none.
    """

    number: int
    first: int
    codes: Codes
    stretches: list[Stretch]
    changes: list[Change] = field(default_factory=list)

    @property
    def key(self) -> bytes:
        """The input, spelled out."""
        return repr(self.stretches).encode() + self.codes.tobytes()

    @property
    def title(self) -> str:
        """What it covers."""
        return f"maps {self.first + 1} to {self.first + len(self.stretches)}"


@dataclass(frozen=True)
class Source:
    """Blocks of windows, once; the lengths of the contigs that they lie on; how many windows."""

    blocks: Iterator[Block]
    contigs: Mapping[str, int]
    count: int | None = None
    reference: Reference | None = None
    summary: Summary | None = None


def choose_span(window: int, span: int | None, *, is_variant: bool) -> Span:
    """Return the positions of a window that are explained: `span` of them around its centre."""
    size = span or (min(2 * FLANK + 1, window) if is_variant else window)
    if size > window:
        raise InputError(f"found span {size}, expected at most the model's window, {window}")
    first = (window - 1) // 2 - (size - 1) // 2
    return Span(first, first + size)


def block_size(span: Span, outputs: int) -> int:
    """Return how many regions or variants are explained together, so that their maps fit."""
    # Two maps for a variant, of four float32 at each position.
    return max(1, min(BLOCK, BLOCK_BYTES // (2 * outputs * span.size * 16)))


def check_inputs(
    genome: StrPath | Reference | None,
    regions: StrPath | None,
    vcf: StrPath | None,
    fasta: StrPath | None,
    options: Options,
) -> None:
    """Refuse inputs that do not go together."""
    if sum(given is not None for given in (regions, vcf, fasta)) != 1:
        raise InputError("expected either regions, a VCF or a FASTA file of sequences")
    if (fasta is None) != (genome is not None):
        raise InputError("regions and a VCF need a genome, and sequences have none")
    if vcf is None:
        for name in ("top", "motifs"):
            if getattr(options, name) is not None:
                raise InputError(f"found {name}, which is for the variants of a VCF")


def open_source(
    genome: StrPath | Reference | None,
    regions: StrPath | None,
    vcf: StrPath | None,
    fasta: StrPath | None,
    options: Options,
    *,
    window: int,
    span: Span,
    block: int,
) -> Source:
    """Open the input that `check_inputs` found to be the one given."""
    if fasta is not None:
        return _open_sequences(fasta, window=window, span=span, block=block)
    assert genome is not None
    if regions is not None:
        return _open_regions(genome, regions, window=window, span=span, block=block)
    assert vcf is not None
    return _open_variants(genome, vcf, options, window=window, span=span, block=block)


def _open_regions(
    genome: StrPath | Reference, path: StrPath, *, window: int, span: Span, block: int
) -> Source:
    """Centre a window on every region of a BED file."""
    regions = read_regions(path)
    reference = Reference.of(genome)
    centred = centre_windows(reference, regions, window)

    def blocks() -> Iterator[Block]:
        for number, first in enumerate(range(0, len(regions), block)):
            some = slice(first, first + block)
            starts = centred.starts[some]
            stretches = [
                Stretch(contig, start + span.first, start + span.last, f"{contig}:{a + 1}-{b}")
                for contig, start, a, b in zip(
                    centred.contigs[some],
                    starts.tolist(),
                    regions.start[some].tolist(),
                    regions.end[some].tolist(),
                    strict=True,
                )
            ]
            yield Block(
                number, first, reference.windows(centred.numbers[some], starts, window), stretches
            )

    return Source(blocks(), reference.contigs, len(regions), reference)


def _open_sequences(path: StrPath, *, window: int, span: Span, block: int) -> Source:
    """Read sequences of the window's length, each a contig of its own."""
    contigs: dict[str, int] = {}

    def blocks() -> Iterator[Block]:
        sequences = read_windows(Path(path), window)
        first = 0
        for number in itertools.count():
            some = list(itertools.islice(sequences, block))
            if not some:
                return
            names = [name for name, _ in some]
            contigs.update(dict.fromkeys(names, window))
            stretches = [Stretch(name, span.first, span.last, name) for name in names]
            yield Block(number, first, np.stack([codes for _, codes in some]), stretches)
            first += len(some)

    return Source(blocks(), contigs)


class _Variant(NamedTuple):
    change: Change
    name: str


def _open_variants(
    genome: StrPath | Reference,
    path: StrPath,
    options: Options,
    *,
    window: int,
    span: Span,
    block: int,
) -> Source:
    """Cut the windows of both alleles of each variant, REF then ALT."""
    reader = open_records(path, is_scored=True)
    reference = Reference.of(genome)
    judge = Judge(reference, window, options.ref_mismatch, reader=reader)

    def variants() -> Iterator[tuple[float | None, _Variant]]:
        for record in reader:
            for number, outcome in enumerate(judge.judge(record)):
                if isinstance(outcome, Change):
                    named = record.id not in ("", ".")
                    change = f"{record.contig}:{record.pos}:{record.ref}:{record.alts[number]}"
                    yield (
                        largest_change(record, number, path=reader.name),
                        _Variant(outcome, record.id if named else change),
                    )

    def blocks() -> Iterator[Block]:
        chosen = (
            variants() if options.top is None else _largest(variants(), options.top, reader.name)
        )
        first = 0
        for number in itertools.count():
            some = [variant for _, variant in itertools.islice(chosen, block)]
            if not some:
                return
            yield _of_variants(number, first, some, reference, window=window, span=span)
            first += 2 * len(some)

    return Source(blocks(), reference.contigs, None, reference, judge.summary)


def _largest(
    variants: Iterable[tuple[float | None, _Variant]], count: int, path: str
) -> Iterator[tuple[float | None, _Variant]]:
    """Yield the variants that change most, the largest first."""
    scored = (each for each in variants if each[0] is not None)
    best = heapq.nlargest(
        count,
        ((abs(change or 0), -place, variant) for place, (change, variant) in enumerate(scored)),
    )
    if not best:
        raise InputError("holds no variant with DANQ_MAX, expected a VCF of danq score", path=path)
    for change, _, variant in best:
        yield change, variant


def _of_variants(
    number: int,
    first: int,
    variants: list[_Variant],
    reference: Reference,
    *,
    window: int,
    span: Span,
) -> Block:
    changes = [variant.change for variant in variants]
    both = windows(reference, changes, window)
    codes = np.stack(both, axis=1).reshape(-1, window)
    centre = (window - 1) // 2
    stretches = [
        Stretch(
            change.contig,
            change.start - centre + span.first,
            change.start - centre + span.last,
            name,
            allele,
        )
        for change, name in variants
        for allele in ("REF", "ALT")
    ]
    return Block(number, first, codes, stretches, changes)
