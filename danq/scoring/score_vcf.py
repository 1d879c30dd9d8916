"""Score a VCF: records stream through in order, each ALT ends with scores or a reason."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from danq.errors import InputError
from danq.genome.reference import Reference
from danq.genome.variants import Change, Reason
from danq.outputs import whole
from danq.scoring.effects import (
    UNITS,
    AlleleLogits,
    AlleleWindows,
    Floats,
    compare,
    cut,
    predict,
    spread,
)
from danq.scoring.index import index_beside
from danq.scoring.judging import Judge
from danq.scoring.network import Scorer, open_scorer
from danq.scoring.peaks import Peaks
from danq.scoring.plot import draw
from danq.scoring.score_file import ScoreFile
from danq.scoring.summary import Summary
from danq.scoring.vcf import Record, VcfReader, VcfWriter, info_text
from danq.threads import Behind, ahead

Judged = tuple[Record, list[Change | Reason]]

BLOCK_ALLELES = 4096
BLOCK_BYTES = 64 << 20


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
    _check_paths(vcf, output, scores, summary, plot)
    reader = VcfReader(vcf)
    reference = genome if isinstance(genome, Reference) else Reference(genome)
    scorer = open_scorer(model, targets=targets, batch_size=batch_size, precision=precision)
    judge = Judge(
        reference,
        scorer.predictor.window,
        ref_mismatch,
        path=reader.name,
        contig_lengths=reader.contig_lengths,
    )
    origin = _origin(scorer, reference, ref_mismatch, precision)
    with ExitStack() as outputs:
        path = outputs.enter_context(whole(output))
        table, counts, picture = (
            None if wanted is None else outputs.enter_context(whole(wanted))
            for wanted in (scores, summary, plot)
        )
        peaks = None if picture is None else Peaks()
        with ExitStack() as files:
            writer = files.enter_context(VcfWriter(path, reader.header, _note(origin)))
            file = None
            if table is not None:
                file = files.enter_context(ScoreFile(table, scorer.targets, origin))
            bar = files.enter_context(
                tqdm(unit=" records", unit_scale=True, disable=None if progress else True)
            )
            block_writer = _BlockWriter(scorer.labels, writer, file, peaks)
            window = scorer.predictor.window
            behind = files.enter_context(Behind())
            for block, alleles in ahead(_prepared(reader, judge, reference, window)):
                behind.call(block_writer.write, block, predict(scorer.predictor, alleles), alleles)
                bar.update(len(block))
        if counts is not None:
            counts.write_text(judge.summary.to_tsv(), encoding="utf-8")
        if picture is not None and peaks is not None:
            draw(picture, peaks, scorer.labels)
        if path.suffix == ".gz":
            index_beside(
                outputs, path, Path(output), is_sorted=writer.is_sorted, end=writer.last_position
            )
    return judge.summary


def _blocks(reader: VcfReader, judge: Judge) -> Iterator[list[Judged]]:
    """Judge records and gather them until they are many enough, or large enough, to be scored."""
    block: list[Judged] = []
    alleles = size = 0
    for record in reader:
        outcomes = judge.judge(record.contig, record.pos, record.ref, record.alts, line=record.line)
        block.append((record, outcomes))
        alleles += len(outcomes)
        size += record.size
        if alleles >= BLOCK_ALLELES or size >= BLOCK_BYTES:
            yield block
            block, alleles, size = [], 0, 0
    if block:
        yield block


def _prepared(
    reader: VcfReader, judge: Judge, reference: Reference, window: int
) -> Iterator[tuple[list[Judged], AlleleWindows]]:
    """Give blocks with the windows of their changes."""
    for block in _blocks(reader, judge):
        changes = [o for _, outcomes in block for o in outcomes if isinstance(o, Change)]
        yield block, cut(reference, changes, window)


class _BlockWriter:
    """Hands each block's scores to everything that is written, in the input's order."""

    def __init__(
        self,
        labels: Sequence[str],
        writer: VcfWriter,
        file: ScoreFile | None,
        peaks: Peaks | None,
    ) -> None:
        self._labels = labels
        self._writer = writer
        self._file = file
        self._peaks = peaks
        self._records = 0

    def write(self, block: Sequence[Judged], logits: AlleleLogits, alleles: AlleleWindows) -> None:
        """Compare the alleles of one block and write it."""
        diff, logit = compare(logits, alleles.rows)
        best = np.abs(logit).argmax(axis=1)
        largest = np.take_along_axis(logit, best[:, None], axis=1)[:, 0]
        said = iter(zip(np.abs(largest).tolist(), best.tolist(), strict=True))
        texts = []
        for record, outcomes in block:
            told = [o if isinstance(o, Reason) else self._named(*next(said)) for o in outcomes]
            texts.append((record, info_text(told)))
        self._writer.write(texts)
        if self._peaks is not None:
            self._peaks.add(
                [
                    (record, alt)
                    for record, outcomes in block
                    for alt, outcome in zip(record.alts, outcomes, strict=True)
                    if isinstance(outcome, Change)
                ],
                largest,
                best,
            )
        if self._file is not None:
            self._append(self._file, block, diff, logit)
        self._records += len(block)

    def _named(self, value: float, target: int) -> tuple[float, str]:
        return value, self._labels[target]

    def _append(
        self, file: ScoreFile, block: Sequence[Judged], diff: Floats, logit: Floats
    ) -> None:
        rows = [
            (self._records + place, number, record, alt, outcome)
            for place, (record, outcomes) in enumerate(block)
            for number, (alt, outcome) in enumerate(zip(record.alts, outcomes, strict=True), 1)
        ]
        is_scored = np.array([isinstance(row[4], Change) for row in rows])
        keys: dict[str, list[Any]] = {
            "record": [row[0] for row in rows],
            "allele": [row[1] for row in rows],
            "contig": [row[2].contig for row in rows],
            "pos": [row[2].pos for row in rows],
            "ref": [row[2].ref for row in rows],
            "alt": [row[3] for row in rows],
            "reason": [str(row[4]) if isinstance(row[4], Reason) else "" for row in rows],
        }
        file.append(keys, spread(diff, is_scored), spread(logit, is_scored))


def _check_paths(vcf: str | os.PathLike[str], output: str | os.PathLike[str], *others: Any) -> None:
    """Refuse names that are no format written here, and files that would overwrite each other."""
    suffixes = ((".vcf", ".vcf.gz"), (".h5", ".hdf5"), (".tsv",), (".png", ".svg", ".pdf"))
    seen: dict[Path, str] = {} if os.fspath(vcf) == "-" else {Path(vcf).resolve(): "input"}
    kinds = ("output", "scores", "summary", "plot")
    for kind, path, endings in zip(kinds, (output, *others), suffixes, strict=True):
        if path is None:
            continue
        if not os.fspath(path).endswith(endings):
            raise InputError(f"expected the {kind} file's name to end in {_or(endings)}", path=path)
        other = seen.setdefault(Path(path).resolve(), kind)
        if other != kind:
            raise InputError(f"is named both as {other} and as {kind}", path=path)


def _or(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def _origin(
    scorer: Scorer, reference: Reference, ref_mismatch: str, precision: str
) -> dict[str, Any]:
    """Say where scores come from: the score file's attributes, and the VCF's ``##danq`` line."""
    from danq import __version__

    return {
        "version": __version__,
        "model": _printable(scorer.name),
        "model_checksum": scorer.checksum,
        "genome": _printable(str(reference.path)),
        "genome_checksum": reference.checksum,
        "window": scorer.predictor.window,
        "ref_mismatch": ref_mismatch,
        "precision": precision,
        "units": UNITS,
    }


def _note(origin: Mapping[str, Any]) -> str:
    """Write the ``##danq`` line's text; a shared file need not tell folders of this machine."""
    said = {**origin, "genome": Path(origin["genome"]).name}
    return ";".join(f"{key}={value}" for key, value in said.items() if value and key != "units")


def _printable(name: str) -> str:
    """Replace what a line of UTF-8 text cannot hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
