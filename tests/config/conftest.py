"""A config whose files exist, in the current folder."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from danq.config.problems import problems

ROOT = Path(__file__).parents[2]
CONFIG = {
    "genome": "genome.fa",
    "targets": "targets.tsv",
    "windows": {"valid": ["chr2:1-5000"], "test": ["chr2:5001-10000"]},
    "models": {"small": {"model": "danq"}, "other": {"model": "deepsea"}},
    "score": {"vcf": "small.vcf", "model": "small"},
}


def changed(changes: dict, config: dict = CONFIG) -> dict:
    """Set keys of a config, such as models.small.width; None takes a key out."""
    config = copy.deepcopy(config)
    for place, value in changes.items():
        *sections, key = place.split(".")
        section = config
        for name in sections:
            section = section.setdefault(name, {})
        if value is None:
            section.pop(key, None)
        else:
            section[key] = value
    return config


def said_of(changes: dict, config: dict = CONFIG) -> list[str]:
    return problems(changed(changes, config))


@pytest.fixture
def here(tmp_path, monkeypatch, genome, targets) -> Path:
    """The current folder, with all that `CONFIG` names and the config itself."""
    monkeypatch.chdir(tmp_path)
    write_vcf(tmp_path / "small.vcf", [("chr1", 1001, base_at(genome, "chr1", 1001), "<DEL>")])
    write_config(tmp_path / "mine.yaml", {})
    return tmp_path


def write_config(path: Path, changes: dict) -> Path:
    path.write_text(yaml.safe_dump(changed(changes), sort_keys=False))
    return path


def base_at(genome: Path, contig: str, pos: int) -> str:
    """Base at a 1-based position."""
    sequences = {}
    for part in genome.read_text().split(">")[1:]:
        name, _, rest = part.partition("\n")
        sequences[name] = rest.replace("\n", "")
    return sequences[contig][pos - 1]


def write_vcf(path: Path, records: list[tuple], contigs: dict[str, int] | None = None) -> Path:
    lines = ["##fileformat=VCFv4.2"]
    lines += [f"##contig=<ID={name},length={size}>" for name, size in (contigs or {}).items()]
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
    lines += [f"{c}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t." for c, pos, ref, alt in records]
    path.write_text("\n".join(lines) + "\n")
    return path
