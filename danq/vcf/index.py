"""The index beside a bgzipped VCF, a BCF, or a bgzipped table of variants."""

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pysam

from danq.outputs import check_ending, whole
from danq.vcf.htslib import quiet
from danq.write_errors import probe, writing

logger = logging.getLogger(__name__)

INDEXED = (".gz", ".bcf")
"""Endings of files that get an index."""

_PRESETS: dict[str, dict[str, Any]] = {
    ".vcf.gz": {"preset": "vcf"},
    ".bcf": {"preset": "bcf"},
    # Contig and 1-based position, as the first two columns.
    ".tsv.gz": {"seq_col": 0, "start_col": 1, "end_col": 1},
}

TABIX_END = 1 << 29
"""A .tbi index reaches this far into a contig; beyond it takes a .csi index."""


def index_beside(
    stack: ExitStack, written: Path, output: Path, *, is_sorted: bool, end: int
) -> None:
    """Index a finished file under its temporary name, or log why it cannot be indexed.

    An index of an earlier file of the same name goes away, since it would no longer fit. The stack
    keeps the index temporary until everything else is finished too. `end` is the last position,
    1-based.
    """
    is_bcf = output.suffix == ".bcf"
    # What END says may reach further than REF.
    possible = (".csi",) if is_bcf or end > TABIX_END else (".tbi", ".csi")
    made = None
    if is_sorted:
        made = next((kind for kind in possible if _index(stack, written, output, kind)), None)
        if made is None:
            logger.warning("%s: htslib cannot index it, so it gets no index", output)
    else:
        logger.warning("%s: its records are not sorted, so it gets no index", output)
    for kind in (".tbi", ".csi"):
        if kind != made:
            output.with_name(output.name + kind).unlink(missing_ok=True)


def _index(stack: ExitStack, written: Path, output: Path, suffix: str) -> bool:
    """Make one kind of index; return whether htslib can."""
    final = output.with_name(output.name + suffix)
    preset = _PRESETS[check_ending(output, "output", _PRESETS)]
    with ExitStack() as tentative:
        index = tentative.enter_context(whole(final))
        try:
            with quiet():
                pysam.tabix_index(
                    str(written), force=True, index=str(index), csi=suffix == ".csi", **preset
                )
        except OSError as error:
            # It is the file that cannot be indexed only where the disk takes more.
            if fault := probe(index):
                with writing(index, final):
                    raise fault from error
            return False
        stack.push(tentative.pop_all())
    return True
