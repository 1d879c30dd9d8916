"""The progress bar, which knows its total where an index or plain text tells it."""

import io
import os
import shutil

import pysam
import pysam.bcftools
import pytest

from danq.scoring import background, score
from tests.scoring.records import declare
from tests.scoring.stopped_run import RECORDS


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def bar(toy, genome, run_vcf, monkeypatch):
    """Score the records of `run_vcf` given in some form; give what a terminal shows."""

    def bar(vcf, **options):
        terminal = Terminal()
        monkeypatch.setattr("sys.stderr", terminal)
        toy.checksum = "the toy"
        score(toy, genome, vcf, run_vcf.with_name("out.vcf"), progress=True, **options)
        return terminal.getvalue()

    return bar


@pytest.fixture
def packed(run_vcf):
    """Return the records as bgzipped VCF or as BCF, with an index."""
    declare(run_vcf)

    def packed(ending):
        path = run_vcf.with_name(f"in.{ending}")
        kind, preset = {"vcf.gz": ("-Oz", "vcf"), "bcf": ("-Ob", "bcf")}[ending]
        pysam.bcftools.view(kind, "-o", str(path), str(run_vcf), catch_stdout=False)
        pysam.tabix_index(str(path), preset=preset, force=True, csi=ending == "bcf")
        return path

    return packed


def test_lines_of_plain_text_are_counted(bar, run_vcf):
    assert f"/{RECORDS} [" in bar(run_vcf)
    run_vcf.write_bytes(run_vcf.read_bytes().rstrip())
    assert f"/{RECORDS} [" in bar(run_vcf)


@pytest.mark.parametrize(("ending", "index"), [("vcf.gz", "tbi"), ("bcf", "csi")])
def test_an_index_tells_the_total_unless_it_is_stale(bar, packed, ending, index):
    path = packed(ending)
    assert f"/{RECORDS} [" in bar(path)
    index = path.with_name(f"{path.name}.{index}")
    os.utime(index, (1, 1))
    assert f"/{RECORDS}" not in bar(path)
    index.write_bytes(b"no index")
    assert f"/{RECORDS}" not in bar(path)
    index.unlink()
    shown = bar(path)
    assert f"/{RECORDS}" not in shown
    assert f"{RECORDS} records [" in shown


@pytest.mark.parametrize(
    ("options", "shown"),
    [({}, f"{2 * RECORDS}/{2 * RECORDS} ["), ({"max_variants": 9}, "9.00/9.00 [")],
)
def test_a_background_knows_its_total(toy, genome, run_vcf, monkeypatch, options, shown):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    again = shutil.copy(run_vcf, run_vcf.with_name("again.vcf"))
    background(toy, genome, [run_vcf, again], run_vcf.with_name("b.h5"), progress=True, **options)
    assert shown in terminal.getvalue()


def test_a_stream_has_no_total(bar, run_vcf, standard_input):
    standard_input(run_vcf.read_bytes())
    assert f"{RECORDS} records [" in bar("-")
