"""From a reference and peak files to a data set of labelled windows (`danq windows`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from danq.dataset.audit_table import summary, target_table
from danq.dataset.auditing import Audit, audit
from danq.dataset.bins import negatives
from danq.dataset.bins.labels import Grid
from danq.dataset.bins.negatives import NegativeCounts
from danq.dataset.bins.overlaps import pack_labels, read_overlaps
from danq.dataset.bins.selection import Chooser, Selection
from danq.dataset.store import Dataset
from danq.dataset.writing import write_dataset
from danq.errors import InputError
from danq.genome import Reference, parse_region
from danq.genome.intervals import Integers
from danq.outputs import check_outputs, together
from danq.pages import write_table
from danq.paths import StrPath
from danq.ranges import checked
from danq.targets.table import Targets, read_targets


@dataclass(frozen=True)
class WindowsSummary:
    """What `windows` kept and what it left out.

    Attributes
    ----------
    audit
        What the splits hold and what they share, counted from the finished file.
    negatives
        By split, how the search for negatives went; empty where none were asked for.
    dropped
        Windows left out, by cause.
    selection
        Which windows were asked for.
    """

    audit: Audit
    negatives: dict[str, NegativeCounts]
    dropped: dict[str, int]
    selection: Selection

    def __repr__(self) -> str:
        counts = ", ".join(f"{split} {count:,}" for split, count in self.windows.items())
        return f"<WindowsSummary: {counts} windows>"

    @property
    def windows(self) -> dict[str, int]:
        """Windows in each split."""
        return {split: counts.windows for split, counts in self.audit.splits.items()}

    @property
    def positives(self) -> dict[str, Integers]:
        """int64 (targets,) in each split: positive windows of each target."""
        return {split: counts.positives for split, counts in self.audit.splits.items()}

    @property
    def targets(self) -> Targets:
        """What the counts of `positives` stand for."""
        return self.audit.targets

    def table(self) -> str:
        """Lay the counts out as lines of text: the audit first, then what was left out."""
        return "\n".join(
            [
                summary(self.audit),
                *negatives.lines(self.negatives, self.selection.negatives),
                *(f"left out: {count:,} {cause}" for cause, count in self.dropped.items()),
            ]
        )


def audit_path(output: StrPath) -> Path:
    """Return where the audit of ``d.h5`` goes: ``d.audit.tsv``, in the same folder."""
    path = Path(output)
    stem = path.stem if path.suffix in (".h5", ".hdf5") else path.name
    return path.with_name(f"{stem}.audit.tsv")


@checked
def windows(
    genome: StrPath | Reference,
    targets: StrPath,
    output: StrPath,
    *,
    window: int = 1000,
    bin: int = 200,
    min_overlap: float = 0.5,
    valid: Sequence[str] = (),
    test: Sequence[str] = (),
    selection: Selection | None = None,
    progress: bool | None = None,
) -> WindowsSummary:
    """Make a data set file: windows centred on bins, labelled by the peaks that cover the bins.

    A target is 1 where strictly more than `min_overlap` of the bin lies under the union of its
    peaks (Zhou & Troyanskaya 2015, Methods). A table with a row for every split and target
    (`danq.dataset.audit_table`) is written beside the data set (`audit_path`), as a page too.

    Parameters
    ----------
    genome
        FASTA file, or the reference opened from it.
    targets
        Table with the columns name, path and group (`danq.targets.table.read_targets`).
    output
        The HDF5 file to write.
    window, bin
        Bases; the bin is centred in the window, so that they must differ by an even number.
    min_overlap
        Share of the bin, 0 ≤ min_overlap < 1.
    valid, test
        Regions (``contig`` or ``contig:start-end``, 1-based inclusive) of the held-out splits.
    selection
        Which bins become windows; by default those which any peak touches.
    progress
        Whether to show a progress bar; None shows one on a terminal only.

    Raises
    ------
    InputError
        When an argument or a file is wrong, no training window is left, or windows of two splits
        share bases.
    """
    selection = selection or Selection()
    _check_geometry(window, bin, min_overlap)
    written = (output, audit_path(output), audit_path(output).with_suffix(".html"))
    inputs = [genome, targets, selection.exclude]
    check_outputs(written, inputs=inputs)
    table, paths = read_targets(targets)
    selection.check_require(table)
    check_outputs(written, inputs=[*inputs, *paths])
    reference = Reference.of(genome)
    grid = Grid(reference, bin)
    held_out = {
        "valid": [parse_region(text, reference.contigs) for text in valid],
        "test": [parse_region(text, reference.contigs) for text in test],
    }
    overlaps = read_overlaps(paths, grid, min_overlap=min_overlap, progress=progress)
    chooser = Chooser(grid, window, selection, held_out)
    bins, split = chooser.choose(overlaps, table)
    contig, start = chooser.windows(bins)
    data, audit_table, audit_page = map(Path, written)
    with together(data.parent, f"{data.name}-and-audit", named=output) as folder:
        write_dataset(
            folder / data.name,
            reference=reference,
            window=window,
            bin=bin,
            min_overlap=min_overlap,
            targets=table,
            contig=contig,
            start=start,
            split=split,
            labels=pack_labels(bins, overlaps),
        )
        found = _audit_file(folder / data.name, output)
        text = target_table(found)
        (folder / audit_table.name).write_text(text, encoding="utf-8", newline="\n")
        write_table(
            folder / audit_page.name,
            text,
            title="Audit of the splits",
            note="One row per split and target: its windows, those that are positive, their share, "
            "and on how many contigs these lie.",
            source=audit_table.name,
        )
    return WindowsSummary(found, chooser.negatives, chooser.dropped, selection)


def _audit_file(written: Path, output: StrPath) -> Audit:
    """Audit the file as written; splits that share bases are a file that must not come to be."""
    with Dataset.open(written) as data:
        result = audit(data)
    for (one, other), number in (result.overlapping or {}).items():
        if number:
            raise InputError(
                f"{number} windows of {one} share bases with windows of {other}, expected none",
                path=output,
            )
    return result


def _check_geometry(window: int, bin: int, min_overlap: float) -> None:
    if bin < 1 or window < bin or (window - bin) % 2:
        raise InputError(
            f"found window {window} and bin {bin}, expected 1 <= bin <= window "
            "that differ by an even number"
        )
    if not 0 <= min_overlap < 1:
        raise InputError(f"found min_overlap {min_overlap}, expected 0 <= min_overlap < 1")
