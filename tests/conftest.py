"""A small genome with peaks, and where each test may leave its caches."""

from __future__ import annotations

import logging
import os
import random
from pathlib import Path

import numpy as np
import pytest

from tests.browser import ARGUMENTS, find_chromium

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# What trains networks, runs Snakemake, draws pictures: files of over 4 s by `pytest --durations=0`.
SLOW = (
    "cli/test_convert.py",
    "cli/test_evaluate.py",
    "cli/test_import.py",
    "cli/test_streams.py",
    "core/test_recurrent.py",
    "core/test_topologies.py",
    "dataset/test_convert.py",
    "dataset/test_deepsea_mat.py",
    "evaluation/test_evaluating.py",
    "evaluation/test_gapped_kmers.py",
    "evaluation/test_hostile_names.py",
    "evaluation/test_plots.py",
    "evaluation/test_verify.py",
    "fuzz/test_config.py",
    "fuzz/test_genome.py",
    "fuzz/test_matlab.py",
    "fuzz/test_mechanism.py",
    "fuzz/test_model_files.py",
    "fuzz/test_variants.py",
    "gallery/test_gallery.py",
    "interpretation/test_attribution.py",
    "interpretation/test_saturation.py",
    "interpretation/test_explaining.py",
    "interpretation/test_mutagenesis.py",
    "models/published/test_pytorch.py",
    "models/test_adopt.py",
    "models/test_export.py",
    "models/test_networks.py",
    "models/test_precision.py",
    "models/test_sharing.py",
    "models/test_sharing_backends.py",
    "scoring/test_conformance.py",
    "scoring/test_nasty.py",
    "scoring/test_plot.py",
    "scoring/test_spellings.py",
    "scoring/test_stopped.py",
    "training/test_both_ways.py",
    "training/test_options.py",
    "training/test_parallel.py",
    "training/test_pooling.py",
    "training/test_resuming.py",
    "training/test_starts.py",
    "training/test_tensorboard.py",
    "training/test_training.py",
    "test_deepsea_workflow.py",
    "test_docs.py",
    "test_example_data.py",
    "test_full_disk.py",
    "test_gpu_benchmark.py",
    "test_hdf5.py",
    "test_newcomer.py",
    "test_python_face.py",
    "test_tutorials.py",
    "test_workflow.py",
    "test_workflow_plans.py",
)


def pytest_collection_modifyitems(items):
    """Mark what `make test-fast` leaves out."""
    root = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(root) and item.path.relative_to(root).as_posix() in SLOW:
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("DANQ_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True)
def _same_weights_each_time():
    """Seed what Keras draws the seeds of unseeded weights from."""
    random.seed(1)


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    """Undo what the command line sets up, so that other tests can read the log."""
    logger = logging.getLogger("danq")
    yield
    logger.handlers.clear()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


@pytest.fixture(scope="module")
def browser():
    """Chromium, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    program = find_chromium()
    if program is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()


def write_fasta(path: Path, contigs: dict[str, str], width: int = 60) -> Path:
    lines = []
    for name, sequence in contigs.items():
        lines.append(f">{name}")
        lines += [sequence[first : first + width] for first in range(0, len(sequence), width)]
    path.write_text("\n".join(lines) + "\n")
    return path


def own_records(caplog) -> list[logging.LogRecord]:
    """What danq itself logged; a backend may have counted what earlier tests did."""
    return [record for record in caplog.records if record.name.startswith("danq")]


@pytest.fixture
def genome(tmp_path) -> Path:
    """Two contigs of random sequence, 40 kb and 10 kb, with a stretch of N in the first."""
    bases = np.random.default_rng(7)
    letters = np.array(list("ACGT"))
    first = "".join(bases.choice(letters, 40_000))
    first = first[:20_000] + "N" * 1_000 + first[21_000:]
    second = "".join(bases.choice(letters, 10_000))
    return write_fasta(tmp_path / "genome.fa", {"chr1": first, "chr2": second})


@pytest.fixture
def targets(tmp_path) -> Path:
    """Two targets: one peak every 1,000 bp, and one every 3,000 bp, on chr1."""
    rows = ["name\tpath\tgroup\tcell"]
    for name, group, step in (("CTCF", "TF", 1_000), ("H3K4me3", "histone", 3_000)):
        starts = range(600, 39_000, step)
        bed = "".join(f"chr1\t{start}\t{start + 200}\n" for start in starts)
        (tmp_path / f"{name}.bed").write_text(bed)
        rows.append(f"{name}\t{name}.bed\t{group}\tK562")
    table = tmp_path / "targets.tsv"
    table.write_text("\n".join(rows) + "\n")
    return table
