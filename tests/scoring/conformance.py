"""Score every file of a corpus: ``python -m tests.scoring.conformance [FOLDER]``.

Each file is scored with ``--ref-mismatch skip`` against a genome made of its own CHROM, POS and REF
columns. It ends in a clean error, one sentence, or in a complete output in which every ALT has
scores or a reason; anything else is a fault. Files in folders named ``passed`` must give an output,
also against a genome that has none of their contigs. The default is the corpus of
samtools/hts-specs in ../shared.
"""

from __future__ import annotations

import argparse
import logging
import re
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
import pysam

from danq.errors import InputError
from danq.genome import Reference
from danq.scoring import Summary, score
from tests.scoring.toy import random_toy

CORPUS = Path(__file__).parents[3] / "shared" / "data" / "vcf_conformance"
LARGEST_GENOME = 400_000
SECONDS = 60


def columns_of(path: Path) -> list[list[bytes]]:
    """The records as a person reads them: columns of lines that are not header."""
    lines = path.read_bytes().split(b"\n")
    return [line.rstrip(b"\r").split(b"\t") for line in lines if line and line[:1] != b"#"]


def genome_of(path: Path, folder: Path) -> Reference:
    """A genome that has each REF where the file says; random bases elsewhere."""
    contigs: dict[str, list[tuple[int, bytes]]] = {}
    for row in columns_of(path):
        if len(row) > 3 and row[1].isdigit() and row[0] and not set(row[0]) & set(b" \t>"):
            contigs.setdefault(row[0].decode("utf-8", "replace"), []).append((int(row[1]), row[3]))
    rng = np.random.default_rng(0)
    # A name of its own, since files of one size made within a clock tick look like one.
    fasta_path = folder / f"{path.parts[-3]}-{path.stem}.fa"
    with open(fasta_path, "w") as fasta:
        for name, every in {**contigs, "spare": []}.items():
            refs = [(pos, ref) for pos, ref in every if 0 < pos < LARGEST_GENOME]
            length = max([pos + len(ref) for pos, ref in refs], default=0) + 50
            bases = np.frombuffer(b"ACGT", dtype=np.uint8)[rng.integers(0, 4, length)]
            for pos, ref in refs:
                if ref.isalpha() and set(ref.upper()) <= set(b"ACGTN"):
                    bases[pos - 1 : pos - 1 + len(ref)] = np.frombuffer(ref, dtype=np.uint8)
            fasta.write(f">{name}\n{bases.tobytes().decode()}\n")
    return Reference(fasta_path)


def without_lengths(path: Path, folder: Path) -> Path:
    """A copy whose header says nothing of how long contigs are: those of `genome_of` are short."""
    copy = folder / path.name
    copy.write_bytes(re.sub(rb"(##contig=<[^\n]*)[Ll]ength=\d+", rb"\1len=0", path.read_bytes()))
    return copy


def account(path: Path, genome: Reference, folder: Path) -> str | Summary:
    """Score one file; give the sentence of its error, or the summary after checking the output."""
    output = folder / "out.vcf.gz"
    toy = random_toy(window=10, targets=2)
    try:
        summary = score(toy, genome, path, output, ref_mismatch="skip", scores=folder / "out.h5")
    except InputError as error:
        sentence = str(error)
    else:
        check_output(path, output, summary)
        output.unlink()
        return summary
    assert "\n" not in sentence, sentence
    assert not output.exists(), "an output beside an error"
    return sentence


def check_output(path: Path, output: Path, summary: Summary) -> None:
    """Every record is there with its own text, each ALT has a value, and the counts add up."""
    records = columns_of(path)
    with pysam.BGZFile(str(output)) as file:
        lines = file.read().split(b"\n")
    written = [line.rstrip(b"\r").split(b"\t") for line in lines if line and line[:1] != b"#"]
    assert [row[:7] + row[8:] for row in written] == [row[:7] + row[8:] for row in records]
    alleles = sum(len(row[4].split(b",")) for row in records)
    assert (summary.records, summary.alleles) == (len(records), alleles)
    assert summary.alleles == summary.scored + sum(summary.reasons.values())
    found: Counter[str] = Counter()
    for row, source in zip(written, records, strict=True):
        added = row[7].removeprefix(b"" if source[7] == b"." else source[7]).lstrip(b";")
        fields = dict(field.split(b"=", 1) for field in added.split(b";"))
        values = {name: value.split(b",") for name, value in fields.items()}
        count = len(source[4].split(b","))
        assert all(len(of_alts) == count for of_alts in values.values())
        missing = [b"."] * count
        for largest, reason in zip(
            values.get(b"DANQ_MAX", missing), values.get(b"DANQ_REASON", missing), strict=True
        ):
            assert (largest == b".") != (reason == b"."), "neither scores nor a reason, or both"
            found["scored" if reason == b"." else reason.decode()] += 1
    assert found == +Counter({"scored": summary.scored, **summary.reasons})


def outcomes(files: list[Path], folder: Path) -> Iterator[tuple[Path, str | Summary | None]]:
    """Score files one after the other; None where something happened that may not."""
    (folder / "elsewhere.fa").write_text(">elsewhere\nACGT\n")
    elsewhere = Reference(folder / "elsewhere.fa")
    for path in files:
        signal.alarm(SECONDS)
        try:
            outcome: str | Summary | None = account(
                without_lengths(path, folder), genome_of(path, folder), folder
            )
            if "passed" in path.parts:
                assert isinstance(outcome, Summary), f"refused: {outcome}"
                other = account(path, elsewhere, folder)
                assert isinstance(other, Summary), f"refused without its contigs: {other}"
                assert other.reasons["NO_CONTIG"] == other.alleles
        except Exception as error:
            print(f"FAULT {path}: {type(error).__name__}: {error}", file=sys.stderr)
            outcome = None
        finally:
            signal.alarm(0)
        yield path, outcome


def main() -> int:
    """Print the table: files by outcome, alleles by reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=CORPUS)
    corpus = parser.parse_args().folder
    files = sorted(path for path in corpus.rglob("*.vcf*") if path.suffix in (".vcf", ".gz"))
    if not files:
        print(f"{corpus}: no VCF files there", file=sys.stderr)
        return 2
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGALRM, _too_long)
    by_outcome: Counter[tuple[str, str]] = Counter()
    sentences: Counter[str] = Counter()
    total = Summary()
    with tempfile.TemporaryDirectory() as folder:
        for path, outcome in outcomes(files, Path(folder)):
            kind = "passed" if "passed" in path.parts else "other"
            if isinstance(outcome, Summary):
                by_outcome[kind, "complete output"] += 1
                total.records += outcome.records
                total.alleles += outcome.alleles
                total.scored += outcome.scored
                for reason, count in outcome.reasons.items():
                    total.reasons[reason] += count
            elif outcome is None:
                by_outcome[kind, "FAULT"] += 1
            else:
                by_outcome[kind, "clean error"] += 1
                sentences[_kind_of(outcome, path)] += 1
    show(by_outcome, sentences, total)
    return 1 if any(outcome == "FAULT" for _, outcome in by_outcome) else 0


def show(by_outcome: Counter[tuple[str, str]], sentences: Counter[str], total: Summary) -> None:
    """Print what was counted."""
    print(f"{'files':<28}{'passed':>8}{'other':>8}{'all':>8}")
    for outcome in ("complete output", "clean error", "FAULT"):
        counts = [by_outcome[kind, outcome] for kind in ("passed", "other")]
        print(f"{outcome:<28}{counts[0]:>8}{counts[1]:>8}{sum(counts):>8}")
    print("\nalleles of the complete outputs")
    print(total)
    print("\nclean errors")
    for sentence, count in sentences.most_common():
        print(f"{count:>8}  {sentence}")


def _kind_of(sentence: str, path: Path) -> str:
    """A sentence without what differs from file to file."""
    sentence = sentence.replace(f"{path}: ", "").replace(f"{path}, ", "")
    return re.sub(r"'[^']*'|\b\d+\b|byte 0x\w+|DANQ_\w+", "…", sentence)[:90]


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"longer than {SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
