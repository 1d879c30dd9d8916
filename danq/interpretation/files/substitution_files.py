"""Files of every substitution: a bgzipped table as CADD's, and a VCF, each with an index."""

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv

from danq.interpretation.maps import ExplainedOutput, Floats
from danq.interpretation.tiling import Substitutions
from danq.outputs import whole
from danq.targets.names import ids
from danq.vcf.bgzip import BgzipFile
from danq.vcf.index import index_beside
from danq.vcf.info import InfoField, described, note, number
from danq.vcf.record import Header, Record
from danq.vcf.vcf_writer import VcfWriter
from danq.write_errors import writing

TABLE, VCF = (".tsv.gz",), (".vcf.gz",)
"""How the files' names end."""

INDEXES = (".tbi", ".csi")

QUANTITIES = {
    "logit": ("DANQ_LOGIT", "Change of log2 odds"),
    "probability": ("DANQ_DIFF", "Change of probability"),
}
"""By unit, how names of INFO fields begin, and what the numbers are."""

_LETTERS = np.array(["A", "C", "G", "T"])
_OPTIONS = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")


class SubstitutionFile(Protocol):
    """What takes the substitutions of a block after another, with (n, T) values."""

    def write(self, substitutions: Substitutions, values: Floats) -> None:
        """Write the substitutions of a block."""

    def close(self) -> None:
        """Close the file, complete or not."""


class SubstitutionTable:
    """Writes ``#Chrom Pos Ref Alt`` and one column per output, with positions from 1.

    Numbers have as few digits as tell float32 numbers apart. `origin` says where they come from.
    """

    def __init__(
        self,
        path: Path,
        *,
        outputs: Sequence[ExplainedOutput],
        unit: str,
        origin: Mapping[str, Any],
    ) -> None:
        self._file = BgzipFile(path)
        _, quantity = QUANTITIES[unit]
        columns = ["#Chrom", "Pos", "Ref", "Alt", *(output.name for output in outputs)]
        lines = [f"##danq={note(origin)}", f"##scores={quantity}", "\t".join(columns)]
        self._file.write(("\n".join(lines) + "\n").encode())

    def write(self, substitutions: Substitutions, values: Floats) -> None:
        """Write the substitutions of a block."""
        contig, positions, ref, alt = substitutions
        contigs = pa.DictionaryArray.from_arrays(np.zeros(len(positions), np.int32), [contig])
        keys = [contigs.dictionary_decode(), positions + 1, _LETTERS[ref], _LETTERS[alt]]
        columns = [*map(pa.array, keys), *map(pa.array, values.T)]
        text = io.BytesIO()
        table = pa.table(columns, names=[str(place) for place in range(len(columns))])
        pyarrow.csv.write_csv(table, text, _OPTIONS)
        self._file.write(text.getvalue())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class SubstitutionVcf:
    """Writes one record per position, with its three ALTs, and one INFO field per output.

    ``bcftools annotate`` takes the values of one record for each that it annotates, so that those
    of all ALTs are found in one.
    """

    def __init__(
        self,
        path: Path,
        *,
        outputs: Sequence[ExplainedOutput],
        unit: str,
        origin: Mapping[str, Any],
        contigs: Mapping[str, int],
    ) -> None:
        prefix, quantity = QUANTITIES[unit]
        names = [output.name for output in outputs]
        self._fields = [
            InfoField(f"{prefix}_{own}", "Float", f"{quantity} of {described(name)}")
            for own, name in zip(ids(names), names, strict=True)
        ]
        lines = ["##fileformat=VCFv4.2"]
        lines += [f"##contig=<ID={name},length={length}>" for name, length in contigs.items()]
        lines += ["\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"])]
        header = Header([f"{line}\n".encode() for line in lines], dict(contigs))
        self._writer = VcfWriter(path, header, note(origin), self._fields)

    def write(self, substitutions: Substitutions, values: Floats) -> None:
        """Write the substitutions of a block."""
        contig, positions, ref, alt = substitutions
        # Three of each position follow each other.
        firsts = (positions[::3] + 1, _LETTERS[ref[::3]])
        threes = (_LETTERS[alt].reshape(-1, 3), values.reshape(-1, 3, len(self._fields)))
        records = []
        for pos, old, new, rows in zip(*(each.tolist() for each in firsts + threes), strict=True):
            before = f"{contig}\t{pos}\t.\t{old}\t{','.join(new)}\t.\t.\t".encode()
            record = Record(None, contig, pos, ".", old, tuple(new), 0, before, b"", b"\n")
            texts = [list(map(number, column)) for column in zip(*rows, strict=True)]
            records.append((record, list(zip(self._fields, texts, strict=True))))
        self._writer.write(records)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


class SubstitutionFiles:
    """The files of one run, which appear together when the stack that they are opened on closes."""

    def __init__(
        self,
        stack: ExitStack,
        table: Path,
        vcf: Path | None,
        outputs: Sequence[ExplainedOutput],
        *,
        unit: str,
        origin: Mapping[str, Any],
        contigs: Mapping[str, int],
    ) -> None:
        self._stack = stack
        self._files: list[tuple[SubstitutionFile, Path, Path]] = []
        self._end = 0
        how: dict[str, Any] = {"outputs": outputs, "unit": unit, "origin": origin}
        self._open(table, partial(SubstitutionTable, **how))
        if vcf is not None:
            self._open(vcf, partial(SubstitutionVcf, contigs=contigs, **how))

    def _open(self, final: Path, kind: Callable[[Path], SubstitutionFile]) -> None:
        written = self._stack.enter_context(whole(final))
        with writing(written, final):
            file = kind(written)
        self._stack.callback(file.close)
        self._files.append((file, written, final))

    def write(self, substitutions: Substitutions, values: Floats) -> None:
        """Write the substitutions of a block to each file."""
        for file, written, final in self._files:
            with writing(written, final):
                file.write(substitutions, values)
        self._end = max(self._end, int(substitutions.positions[-1]) + 1)

    def finish(self) -> None:
        """Complete the files, and index them."""
        for file, written, final in self._files:
            with writing(written, final):
                file.close()
            index_beside(self._stack, written, final, is_sorted=True, end=self._end)
