"""`danq check`: files of another genome are told before anything runs, all at once."""

import subprocess
import sys

import pysam.bcftools
import pytest

from danq.cli import main
from tests.config.conftest import ROOT, base_at, write_config, write_vcf

OTHER = {"A": "C", "C": "G", "G": "T", "T": "A"}


def check(here, changes, capsys) -> list[str]:
    """What `danq check` says, line by line, without what each line begins with."""
    path = write_config(here / "mine.yaml", changes)
    status = main(["check", "--config", path.name])
    lines = capsys.readouterr().err.splitlines()
    start = f"danq: error: {path.name}: "
    told = [line.removeprefix(start) for line in lines if line.startswith(start)]
    assert status == (2 if told else 0)
    return told


def test_what_fits_is_listed(here, capsys):
    assert main(["check", "--config", "mine.yaml"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "genome.fa: 2 contigs, 50,000 bases",
        "targets.tsv: 2 targets",
        "small.vcf: 1 record read, 0 of another REF, 0 on contigs that the genome lacks",
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"windows.test": ["chr9"]}, "windows.test: region "),
        ({"windows.test": ["chr2:9000-10001"]}, "windows.test: region "),
        ({"windows.test": ["chr2:7-3"]}, "windows.test: found region "),
        ({"windows.valid": ["chr2"]}, "windows: the regions of --valid and --test overlap"),
    ],
)
def test_a_region_that_the_genome_lacks_is_told(here, capsys, changes, sentence):
    (found,) = check(here, changes, capsys)
    assert found.startswith(sentence)


def test_peaks_of_another_assembly_are_told(here, capsys):
    (here / "CTCF.bed").write_text("chr1\t90000\t90200\n" * 50)
    (here / "H3K4me3.bed").write_text("NC_000001.11\t100\t200\n")
    beyond, elsewhere = check(here, {}, capsys)
    assert beyond.startswith("CTCF.bed, line 1: ")
    assert elsewhere == (
        'H3K4me3.bed: none of its contigs is the genome\'s (found "NC_000001.11"; the genome has '
        "chr1, chr2)"
    )


def test_of_many_peak_files_that_do_not_fit_the_rest_is_counted(here, capsys):
    rows = ["name\tpath"]
    for number in range(20):
        (here / f"{number}.bed").write_text("chr1\t90000\t90200\n" * 50)
        rows.append(f"{number}\t{number}.bed")
    (here / "targets.tsv").write_text("\n".join(rows) + "\n")
    found = check(here, {}, capsys)
    assert len(found) == 6
    assert found[-1] == "15 more peak files do not fit either"


def test_excluded_regions_of_other_contigs_are_told(here, capsys):
    (here / "x.bed").write_text("chrX\t1\t5\n")
    (found,) = check(here, {"windows.exclude": "x.bed"}, capsys)
    assert found.startswith('x.bed: none of its contigs is the genome\'s (found "chrX"')


def test_a_ref_of_another_genome_is_told_with_its_line(here, capsys):
    bases = [(pos, base_at(here / "genome.fa", "chr1", pos)) for pos in range(1001, 1004)]
    records = [("1", pos, base, "T" if base != "T" else "A") for pos, base in bases]
    records[1] = ("1", bases[1][0], OTHER[bases[1][1]], "<DEL>")
    write_vcf(here / "small.vcf", records)
    (found,) = check(here, {}, capsys)
    assert found == (
        f'small.vcf, line 4: REF "{OTHER[bases[1][1]]}" at 1:1002 differs from the genome, as in 1 '
        "of the first 3 records; expected another genome, or score.ref_mismatch: skip"
    )
    assert check(here, {"score.ref_mismatch": "skip"}, capsys) == []


def test_a_ref_of_another_genome_in_bcf_is_told_with_its_record(here, capsys):
    bases = [(pos, base_at(here / "genome.fa", "chr1", pos)) for pos in (1001, 1002)]
    records = [("chr1", pos, base, OTHER[base]) for pos, base in bases]
    records[1] = ("chr1", 1002, OTHER[bases[1][1]], bases[1][1])
    write_vcf(here / "small.vcf", records, {"chr1": 40_000})
    pysam.bcftools.view("-Ob", "-o", "wrong.bcf", "small.vcf", catch_stdout=False)
    (found,) = check(here, {"score.vcf": "wrong.bcf"}, capsys)
    assert found.startswith(f'wrong.bcf: record 2: REF "{OTHER[bases[1][1]]}" at chr1:1002 differs')


def test_a_header_of_another_assembly_is_told(here, capsys):
    write_vcf(here / "small.vcf", [("chr1", 5, "N", "<DEL>")], {"chr2": 10_000, "1": 39_999})
    (found,) = check(here, {}, capsys)
    assert found.startswith("small.vcf: ")
    assert "39999" in found.replace(",", "")


def test_variants_of_other_contigs_are_told(here, capsys):
    write_vcf(here / "b.vcf", [("chrX", 5, "A", "C")] * 3)
    (found,) = check(here, {"score.background": {"vcf": ["small.vcf", "b.vcf"]}}, capsys)
    assert found.startswith("b.vcf: none of the first 3 records lies on a contig of the genome (fo")


def test_variants_beyond_the_ends_of_contigs_are_told(here, capsys):
    write_vcf(here / "small.vcf", [("chr1", 40_001, "A", "C")])
    (found,) = check(here, {}, capsys)
    assert found.startswith('small.vcf, line 3: REF "A" at chr1:40001 has no base there, as in 1 o')


def test_motifs_and_code_that_cannot_be_read_are_told(here, capsys):
    (here / "m.meme").write_text("no motifs\n")
    (here / "mynets.py").write_text("def make(:\n")
    changes = {"models.small.motifs": "m.meme", "models.other.model": "mynets:make"}
    motifs, code = check(here, changes, capsys)
    assert motifs.startswith("m.meme")
    assert code.startswith('models.other.model: the model "mynets:make" cannot be imported')


def test_what_is_explained_is_read(here, capsys):
    (here / "n.meme").write_bytes((ROOT / "data" / "motifs.meme").read_bytes())
    (here / "r.bed").write_text("chr1\t10\t20\nchr2\t0\t5\n")
    changes = {"explain.motifs": "n.meme", "explain.regions": "r.bed"}
    write_config(here / "mine.yaml", changes)
    assert main(["check", "--config", "mine.yaml"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["n.meme: 10 motifs", "r.bed: 2 regions"]
    (here / "n.meme").write_text("no motifs\n")
    (here / "r.bed").write_text("chr1\t10\t20\nchr1\t40000\t40009\n")
    motifs, regions = check(here, changes, capsys)
    assert motifs.startswith("n.meme")
    assert regions.startswith('r.bed, line 2: found a region behind the end of "chr1", which has 4')
    (here / "r.bed").write_text("chrX\t10\t20\n")
    assert check(here, changes, capsys)[1].startswith("r.bed, line 1: ")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"decay": 0.5, "schedule": "cosine"}, 'found decay with the schedule "cosine", expected'),
        ({"focal_gamma": 1, "loss": "bce"}, 'found focal_gamma with loss "bce", expected it wi'),
        ({"max_class_weight": 2, "class_weights": "none"}, "found max_class_weight with class_"),
        ({"schedule": "plateau", "patience": 2}, "found patience 2, expected more than the 2 ep"),
        ({"init": "other", "motifs": "genome.fa"}, "found --init and --motifs, but --init brings"),
        (
            {"learning_rate": 9e5, "batch_size": 10**5, "scale_learning_rate": "linear"},
            "found learning_rate",
        ),
    ],
)
def test_options_that_training_refuses_together_are_told(here, capsys, options, sentence):
    told = check(here, {"models.small": {"model": "danq", **options}}, capsys)
    assert told[-1].startswith(f"models.small: {sentence}")


def test_options_that_training_takes_are_accepted(here, capsys):
    options = {"epochs": 3.0, "seed": 7, "width": 1, "schedule": "step", "decay": 0.5}
    options |= {"devices": 1, "checkpoint_minutes": 5, "mixed_precision": "bfloat16"}
    assert check(here, {"models.small": {"model": "danq", **options}}, capsys) == []


def test_problems_of_all_kinds_come_together(here, capsys):
    write_vcf(here / "small.vcf", [("chrX", 5, "A", "C")])
    (here / "CTCF.bed").write_text("chr1\t5\n")
    assert len(check(here, {"windows.test": ["chr9"]}, capsys)) == 3


def test_problems_of_the_config_come_before_files_are_read(here, capsys):
    (here / "genome.fa").write_text("no FASTA\n")
    (found,) = check(here, {"windows.tset": ["chr9"]}, capsys)
    assert found.startswith('"windows.tset" is not a key')


def test_a_missing_file_hides_no_other_problem(here, capsys):
    changes = {"score.vcf": "smal.vcf", "windows.test": ["chr9"], "windows.exclude": "black.bed"}
    told = check(here, changes, capsys)
    assert told[:2] == [
        'windows.exclude: "black.bed" does not exist',
        'score.vcf: "smal.vcf" does not exist',
    ]
    assert told[2].startswith("windows.test: region ")
    (here / "CTCF.bed").unlink()
    told = check(here, {"windows.test": ["chr9"]}, capsys)
    assert [told[0], len(told)] == ['targets.tsv, line 2: "CTCF.bed" does not exist', 2]


def test_a_damaged_file_is_told_once(here, capsys):
    (here / "genome.fa").write_text("no FASTA\n")
    (here / "small.vcf").write_text("no VCF\n")
    found = check(here, {}, capsys)
    assert len(found) == 1
    assert found[0].startswith("genome.fa")


def test_what_is_not_a_config_is_one_sentence(here, capsys):
    assert main(["check", "--config", "genome.fa"]) == 2
    assert capsys.readouterr().err.startswith("danq: error: genome.fa")
    assert main(["check", "--config", "nothing.yaml"]) == 2


def stamped(capsys) -> tuple[int, str]:
    status = main(["check", "--config", "mine.yaml", "--stamp", "out/check.txt"])
    return status, capsys.readouterr().err


def test_with_a_stamp_nothing_is_read_twice(here, capsys, monkeypatch):
    assert stamped(capsys)[0] == 0
    assert "small.vcf: 1 record read" in (here / "out" / "check.txt").read_text()
    with monkeypatch.context() as patched:
        patched.setattr("danq.config.check.Contents", None)
        assert stamped(capsys)[0] == 0


@pytest.mark.parametrize("name", ["genome.fa", "CTCF.bed", "small.vcf", "targets.tsv"])
def test_a_stamp_is_of_no_use_when_a_file_changed(here, capsys, name):
    assert stamped(capsys)[0] == 0
    (here / name).write_text("damaged\n")
    status, told = stamped(capsys)
    assert (status, name in told) == (2, True)


def test_a_stamp_is_of_no_use_when_the_config_changed(here, capsys):
    assert stamped(capsys)[0] == 0
    write_config(here / "mine.yaml", {"windows.test": ["chr9"]})
    assert stamped(capsys)[0] == 2


def test_with_a_stamp_a_file_may_be_made_later(here, capsys):
    (here / "small.vcf").unlink()
    assert stamped(capsys)[0] == 0
    write_vcf(here / "small.vcf", [("chrX", 5, "A", "C")])
    assert stamped(capsys)[0] == 2


@pytest.mark.parametrize(
    "name", ["genome.fa", "CTCF.bed", "small.vcf", "targets.tsv", "mine.yaml", "notes.txt", "e"]
)
def test_a_stamp_overwrites_no_other_file(here, capsys, monkeypatch, name):
    (here / "notes.txt").write_text("mine\n")
    (here / "e").touch()
    before = (here / name).read_bytes()
    monkeypatch.setattr("danq.config.check.read_config", None)
    assert main(["check", "--config", "mine.yaml", "--stamp", name]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"danq: error: {name}: exists and is not a stamp of danq check")
    assert (here / name).read_bytes() == before


@pytest.mark.parametrize("name", ["genome.fa", "CTCF.bed", "small.vcf"])
def test_a_stamp_takes_the_place_of_no_file_that_the_config_names(here, capsys, name):
    """Neither of one that a rule makes later, nor under another name of it."""
    (here / name).unlink()
    (here / "link").symlink_to(name)
    for stamp in (name, str(here / name), "link"):
        assert main(["check", "--config", "mine.yaml", "--stamp", stamp]) == 2
        (told,) = capsys.readouterr().err.splitlines()
        assert told == f"danq: error: {stamp}: is named both as input and as output"
    assert not (here / name).exists()


def test_a_stamp_that_the_config_names_is_not_written_anew(here, capsys):
    assert stamped(capsys)[0] == 0
    before = (here / "out" / "check.txt").read_text()
    write_config(here / "mine.yaml", {"windows.exclude": "out/check.txt"})
    status, told = stamped(capsys)
    assert (status, told) == (
        2,
        "danq: error: out/check.txt: is named both as input and as output\n",
    )
    assert (here / "out" / "check.txt").read_text() == before


def test_a_config_comes_from_standard_input(here):
    run = [sys.executable, "-m", "danq", "check", "--config", "-"]
    text = (here / "mine.yaml").read_text().replace("chr2:1-5000", "chr9")
    result = subprocess.run(run, input=text, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "danq: error: config: windows.valid: region " in result.stderr
