"""Whether the files that a config names are of one genome: contigs, lengths, bases, peaks."""

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from danq.config.files import peak_files
from danq.dataset import read_targets
from danq.dataset.bins.labels import Grid, overlap
from danq.dataset.splits import assign_splits
from danq.errors import InputError, counted, quoted
from danq.genome import Reference, Region, parse_region, read_bed
from danq.genome.inputs import centre_windows, read_regions
from danq.genome.variants import Reason, judge
from danq.models.motifs.files import read_motifs
from danq.paths import StrPath
from danq.threads import side_by_side
from danq.training.settings import Settings, settings_for
from danq.training.start import Start, check_model, check_options
from danq.vcf.formats import open_records
from danq.vcf.judging import Judge
from danq.vcf.record import Record

logger = logging.getLogger(__name__)

RECORDS = 1000
"""Records of each VCF that are held against the genome."""

MOST_FILES = 5
"""Maximum number of peak files whose faults are listed: in another assembly all have one."""


class Contents:
    """Reads the files of a config as far as needed to tell that they fit together.

    The config is without `danq.config.problems.problems`, defaults filled in or not. `problems` has
    a sentence for each thing that is wrong, `facts` a line for each that was read.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        self.facts: list[str] = []
        self._config = config
        self._reference: Reference | None = None

    def read(self) -> None:
        """Read all files, gathering problems and facts."""
        if os.path.exists(self._config.get("genome", "")):
            self._collect(self._read_genome())
        if "convert" not in self._config:
            if os.path.exists(self._config["targets"]):
                self._collect(self._read_targets())
            if self._reference is not None:
                self._collect(self._read_regions(self._reference))
        self._collect(self._read_models())
        score = self._config.get("score") or {}
        if score.get("vcf") and self._reference is not None:
            for key, section in (("score", score), ("score.background", score.get("background"))):
                self._collect(self._read_variants(key, section or {}, self._reference))
        self._collect(self._read_explained(self._config.get("explain") or {}))

    def _collect(self, sentences: Iterator[str]) -> None:
        try:
            for sentence in sentences:
                self.problems.append(sentence)
        except InputError as error:
            self.problems.append(str(error))

    def _read_genome(self) -> Iterator[str]:
        self._reference = Reference(self._config["genome"])
        contigs = self._reference.contigs
        bases = counted(sum(contigs.values()), "base")
        self.facts.append(f"{self._config['genome']}: {counted(len(contigs), 'contig')}, {bases}")
        yield from ()

    def _read_regions(self, reference: Reference) -> Iterator[str]:
        """Check the held-out regions, each by itself and then all together."""
        windows = self._config.get("windows") or {}
        none = np.empty(0, dtype=np.int64)
        held_out: dict[str, list[Region]] = {"valid": [], "test": []}
        for split, regions in held_out.items():
            for text in windows.get(split) or []:
                try:
                    region = parse_region(text, reference.contigs)
                    assign_splits(none, none, 1, reference, {split: [region]})
                    regions.append(region)
                except InputError as error:
                    yield f"windows.{split}: {error}{_contigs(reference)}"
        try:
            assign_splits(none, none, 1, reference, held_out)
        except InputError as error:
            yield f"windows: {error}"
        if os.path.exists(windows.get("exclude") or ""):
            excluded = read_bed(windows["exclude"], drop_empty=True)
            yield from _strangers(windows["exclude"], excluded.contigs, reference)

    def _read_targets(self) -> Iterator[str]:
        """Lay every target's peaks over the genome, once all of them are there."""
        if not all(map(os.path.exists, peak_files(self._config["targets"]))):
            return
        targets, paths = read_targets(self._config["targets"])
        windows = self._config.get("windows") or {}
        reference = self._reference

        def fault(path: Path) -> str | None:
            try:
                peaks = read_bed(path, drop_empty=True)
                if reference is not None:
                    grid = Grid(reference, int(windows.get("bin", 200)))
                    overlap(peaks, grid, windows.get("min_overlap", 0.5))
                    return next(_strangers(path, peaks.contigs, reference), None)
            except InputError as error:
                return str(error)
            return None

        faults = list(dict.fromkeys(filter(None, side_by_side(fault, paths, most=4))))
        yield from faults[:MOST_FILES]
        if faults[MOST_FILES:]:
            yield f"{len(faults[MOST_FILES:]):,} more peak files do not fit either"
        self.facts.append(f"{self._config['targets']}: {counted(len(targets), 'target')}")

    def _read_explained(self, section: Mapping[str, Any]) -> Iterator[str]:
        """Read the motifs of explanations, and lay their regions over the genome."""
        yield from self._read_motifs(section)
        path = section.get("regions", "")
        if os.path.exists(path) and self._reference is not None:
            regions = read_regions(path)
            centre_windows(self._reference, regions, 1)
            self.facts.append(f"{path}: {counted(len(regions), 'region')}")

    def _read_motifs(self, section: Mapping[str, Any]) -> Iterator[str]:
        try:
            if os.path.exists(section.get("motifs", "")):
                motifs = read_motifs(section["motifs"])
                self.facts.append(f"{section['motifs']}: {counted(len(motifs), 'motif')}")
        except InputError as error:
            yield str(error)

    def _read_models(self) -> Iterator[str]:
        """Read motifs, and import the users' functions that build networks."""
        for name, model in self._config["models"].items():
            yield from self._read_motifs(model)
            try:
                if "model" in model:
                    check_model(model["model"])
            except InputError as error:
                yield f"models.{name}.model: {error}"
            try:
                if "model" in model:
                    _check_options(model)
            except InputError as error:
                yield f"models.{name}: {error}"

    def _read_variants(
        self, key: str, section: Mapping[str, Any], reference: Reference
    ) -> Iterator[str]:
        """Hold the first records of each VCF of a section against the genome."""
        paths = section.get("vcf") or []
        for path in filter(os.path.exists, [paths] if isinstance(paths, str) else paths):
            try:
                yield from self._read_vcf(key, path, section, reference)
            except InputError as error:
                yield str(error)

    def _read_vcf(
        self, key: str, path: str, section: Mapping[str, Any], reference: Reference
    ) -> Iterator[str]:
        reader = open_records(path)
        is_strict = section.get("ref_mismatch", "error") == "error"
        lengths = reader.header.contig_lengths
        # What scoring refuses by the header alone.
        Judge(reference, 2, "error" if is_strict else "skip", reader=reader)
        count = 0
        strangers: list[str] = []
        mismatches: list[tuple[int, Record]] = []
        beyond: list[tuple[int, Record]] = []
        for record in islice(reader, RECORDS):
            count += 1
            size = lengths.get(record.contig)
            contig = reference.resolve(record.contig, size)
            alts = record.alts
            outcomes = judge(reference, contig, record.pos, record.ref, alts, longest=1)
            if contig is None:
                strangers.append(record.contig)
            elif Reason.REF_MISMATCH in outcomes:
                mismatches.append((count, record))
            elif Reason.OUT_OF_CONTIG in outcomes:
                beyond.append((count, record))
        if count and len(strangers) == count:
            yield (
                f"{path}: none of the first {count:,} records lies on a contig of the genome "
                f"(found {quoted(strangers[0])}{_contigs(reference)})"
            )
        for records, fault in (
            (mismatches, "differs from the genome"),
            (beyond, "has no base there"),
        ):
            if records:
                number, first = records[0]
                # BCF has no lines.
                place = f": record {number}" if first.line is None else f", line {first.line}"
                sentence = (
                    f"{path}{place}: REF {quoted(first.ref, 20)} at {first.contig}:"
                    f"{first.pos} {fault}, as in {len(records):,} of the first {count:,} records"
                )
                if records is mismatches and is_strict:
                    yield f"{sentence}; expected another genome, or {key}.ref_mismatch: skip"
                elif len(records) == count:
                    yield f"{sentence}; expected variants of the same assembly"
                else:
                    logger.warning("%s", sentence)
        self.facts.append(
            f"{path}: {counted(count, 'record')} read, {len(mismatches):,} of another REF, "
            f"{len(strangers):,} on contigs that the genome lacks"
        )


def _check_options(model: Mapping[str, Any]) -> None:
    """Refuse options that `danq train` takes, but not together."""
    # YAML's 100.0 is as whole a number to the schema as 100.
    values: dict[str, Any] = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in model.items()
    }
    settings, start = (
        {item.name: values[item.name] for item in fields(kind) if item.name in values}
        for kind in (Settings, Start)
    )
    settings_for(model["model"], **settings)
    check_options(Start(**start))


def _strangers(path: StrPath, contigs: list[str], reference: Reference) -> Iterator[str]:
    """Yield a sentence where a file has contigs, but none of the genome's."""
    if contigs and all(reference.resolve(name) is None for name in contigs):
        yield (
            f"{os.fspath(path)}: none of its contigs is the genome's (found "
            f"{', '.join(map(quoted, contigs[:3]))}{_contigs(reference)})"
        )


def _contigs(reference: Reference) -> str:
    names = list(reference.contigs)
    return f"; the genome has {', '.join(names[:3])}{', …' if len(names) > 3 else ''}"
