"""`danq.explain` and `danq explain`: inputs, outputs, resuming, and what is refused."""

from __future__ import annotations

import h5py
import numpy as np
import pysam.bcftools
import pytest

import danq
from danq import models
from danq.cli import main
from danq.errors import InputError
from danq.genome import Reference, encode
from danq.interpretation import runs
from danq.interpretation.files.contribution_file import read_contributions
from danq.interpretation.methods.mutagenesis import hypothetical_of, substitution_effects
from danq.models.sharing import Span
from tests.interpretation.networks import NETWORKS

HEADER = '##fileformat=VCFv4.2\n##INFO=<ID=DANQ_MAX,Number=A,Type=Float,Description="">\n'
HEADER += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
MEME = "MEME version 4\n\nMOTIF planted\nletter-probability matrix: alength= 4 w= 8\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model, a genome, regions and variants."""
    folder = tmp_path_factory.mktemp("explained")
    targets, groups = ["CTCF", "REST", "CTCF"], ["TF", "TF", "DNase"]
    models.save(NETWORKS["danq"](), folder / "m.keras", targets=targets, groups=groups)
    random = np.random.default_rng(6)
    bases = "".join(random.choice(list("ACGT"), 1000))
    (folder / "genome.fa").write_text(f">chr1\n{bases}\n>chr2\n{bases[::-1]}\n")
    (folder / "regions.bed").write_text("chr1\t300\t320\nchr2\t0\t10\tfirst\n2\t400\t401\n")
    ref = bases[499]
    alt = "ACGT"[("ACGT".index(ref) + 1) % 4]
    records = [
        f"chr1\t500\trs1\t{ref}\t{alt}\t.\t.\tDANQ_MAX=1.5",
        f"chr1\t600\t.\t{bases[599]}\t{bases[599]}GA\t.\t.\tDANQ_MAX=3",
        f"chr1\t700\tdel\t{bases[699:703]}\t{bases[699]},<DEL>\t.\t.\tDANQ_MAX=2,.",
        "chr9\t700\t.\tA\tC\t.\t.\tDANQ_MAX=.",
    ]
    (folder / "scored.vcf").write_text(HEADER + "".join(f"{record}\n" for record in records))
    return folder


def explain(folder, *arguments, **options):
    return danq.explain(folder / "m.keras", *arguments, genome=folder / "genome.fa", **options)


def command(folder, *words):
    return main(["explain", "--model", f"{folder}/m.keras", *map(str, words)])


def test_regions_in_memory(folder):
    found = explain(folder, regions=folder / "regions.bed", targets=["CTCF", "TF", "all"])
    assert [output.name for output in found.outputs] == ["CTCF#0", "CTCF#2", "TF", "all"]
    assert [output.columns for output in found.outputs] == [(0,), (2,), (0, 1), (0, 1, 2)]
    maps = found.maps
    assert [stretch[:4] for stretch in maps.stretches] == [
        ("chr1", 250, 370, "chr1:301-320"),
        ("chr2", -55, 65, "chr2:1-10"),
        ("chr2", 340, 460, "chr2:401-401"),
    ]
    codes = Reference(folder / "genome.fa").windows(
        np.array([0, 1, 1]), np.array([250, -55, 340]), 120
    )
    assert np.array_equal(maps.codes, codes)
    predictor = models.Predictor(folder / "m.keras")
    effects, predicted = substitution_effects(
        predictor, codes, found.outputs, span=Span(0, 120), unit="logit"
    )
    assert maps.hypothetical == pytest.approx(hypothetical_of(effects), abs=1e-5)
    assert maps.predicted == pytest.approx(predicted, abs=1e-5)
    assert not maps.contributions[1, :, :55].any()


def test_variants_are_pairs_of_maps_whose_centre_is_the_score(folder):
    found = explain(folder, vcf=folder / "scored.vcf", targets="REST")
    assert found.count == 6
    assert found.summary.rows()[:3] == [("records", 4), ("alleles", 5), ("scored", 3)]
    assert found.summary.reasons["SYMBOLIC"] == found.summary.reasons["NO_CONTIG"] == 1
    maps = found.maps
    # The window is shorter than 100 bases to either side.
    assert maps.codes.shape[1] == 120
    assert [stretch.allele for stretch in maps.stretches] == ["REF", "ALT"] * 3
    record = (folder / "scored.vcf").read_text().splitlines()[3].split("\t")
    names = [stretch.name for stretch in maps.stretches[::2]]
    inserted = (folder / "scored.vcf").read_text().splitlines()[4].split("\t")
    assert names == ["rs1", f"chr1:600:{inserted[3]}:{inserted[4]}", "del"]
    change = (record[0], int(record[1]), record[3], record[4])
    scores = danq.score_alleles(folder / "m.keras", folder / "genome.fa", [change])
    ref, alt = encode(record[3])[0], encode(record[4])[0]
    centre = (120 - 1) // 2
    assert maps.codes[0, centre] == ref
    effect = maps.hypothetical[0, 0, centre, alt] - maps.hypothetical[0, 0, centre, ref]
    assert effect / np.log(2) == pytest.approx(scores.logit[0, 1], abs=1e-4)
    assert maps.predicted[1, 0] - maps.predicted[0, 0] == pytest.approx(effect, abs=1e-4)


@pytest.mark.parametrize(("top", "names"), [(1, ["600"]), (2, ["600", "del"]), (9, None)])
def test_the_largest_of_a_scored_vcf(folder, top, names):
    found = explain(folder, vcf=folder / "scored.vcf", targets="REST", top=top, span=11)
    shown = [stretch.name for stretch in found.maps.stretches[::2]]
    expected = names or ["600", "del", "rs1"]
    assert [name.split(":")[1] if ":" in name else name for name in shown] == expected


def test_files_of_the_command_line(folder, tmp_path, capsys):
    motif = MEME + "".join("0.97 0.01 0.01 0.01\n" for _ in range(8))
    (tmp_path / "motifs.meme").write_text(motif)
    words = ["--genome", folder / "genome.fa", "--vcf", folder / "scored.vcf", "--targets", "REST"]
    words += [
        "--output",
        tmp_path / "a b.h5",
        "--npz",
        tmp_path / "n",
        "--plot",
        tmp_path / "figures",
    ]
    words += ["--bigwig", tmp_path / "tracks", "--motifs", tmp_path / "motifs.meme", "--span", 41]
    assert command(folder, *words) == 0
    printed = capsys.readouterr().out
    assert "scored" in printed
    assert printed.endswith("a b.h5: explained 6 windows for 1 target\n")
    contributions = read_contributions(tmp_path / "a b.h5")
    expected = explain(folder, vcf=folder / "scored.vcf", targets="REST", span=41).maps
    hypothetical = expected.hypothetical[:, 0].transpose(0, 2, 1)
    assert contributions.hypothetical == pytest.approx(hypothetical, abs=1e-6)
    assert np.load(tmp_path / "n.contributions.npz")["arr_0"].shape == (6, 4, 41)
    assert len(list((tmp_path / "figures").iterdir())) == 9
    assert (tmp_path / "tracks" / "REST.bw").exists()
    assert (
        (tmp_path / "a b.motifs.tsv").read_text().startswith("name\tcontig\tpos\tref\talt\tmotif")
    )
    assert not list(tmp_path.glob("*.parts"))


def test_sequences_of_a_fasta_file_and_several_targets(folder, tmp_path):
    bases = "".join(np.random.default_rng(7).choice(list("ACGTN"), 120))
    (tmp_path / "s.fa").write_text(f">one\n{bases}\n>two\n{bases[::-1]}\n")
    found = danq.explain(
        folder / "m.keras",
        tmp_path / "x.h5",
        fasta=tmp_path / "s.fa",
        method="gradient-input",
        targets=["REST", "DNase"],
    )
    assert found.count == 2
    with h5py.File(tmp_path / "x.REST.h5") as file:
        assert file["contig"].asstr()[:].tolist() == ["one", "two"]
        assert not file["projected_shap/seq"][0][:, np.array(list(bases)) == "N"].any()
    assert (tmp_path / "x.DNase.h5").exists()


@pytest.mark.parametrize("method", ["integrated-gradients", "expected-gradients"])
def test_completeness_is_reported(folder, tmp_path, capsys, method):
    words = ["--genome", folder / "genome.fa", "--regions", folder / "regions.bed"]
    words += ["--output", tmp_path / "x.h5", "--method", method, "--targets", "REST"]
    assert command(folder, *words, "--baselines", 2) == 0
    assert "contributions sum to what they explain: median error" in capsys.readouterr().out
    header, *rows = (tmp_path / "x.completeness.tsv").read_text().splitlines()
    assert header == "contig\tstart\tend\tname\tallele\ttarget\tpredicted\tdifference\tsum\terror"
    assert len(rows) == 3
    assert rows[0].startswith("chr1\t250\t370\tchr1:301-320\t\tREST\t")
    found = explain(
        folder, regions=folder / "regions.bed", method=method, targets="REST", baselines=2
    )
    table = np.array([row.split("\t")[-3:] for row in rows], float)
    expected = [found.completeness.difference[:, 0], found.completeness.total[:, 0]]
    assert pytest.approx(np.array(expected), rel=1e-4) == table[:, :2].T


def test_a_network_that_shares_nothing_is_explained_and_said(folder, caplog):
    network = NETWORKS["branching"]()
    codes = folder / "branching.fa"
    codes.write_text(f">one\n{'ACGTT' * 20}\n")
    with caplog.at_level("INFO", logger="danq"):
        found = danq.explain(network, fasta=codes)
    assert "every substitution passes the whole network" in caplog.text
    assert [output.name for output in found.outputs] == ["0", "1", "2"]
    assert np.abs(found.maps.hypothetical).max() > 0.01


class _StoppedError(Exception):
    pass


def test_a_run_resumes_after_its_finished_blocks(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("danq.interpretation.windows.BLOCK", 1)
    options = {"regions": folder / "regions.bed", "targets": "REST", "span": 9}
    explain(folder, tmp_path / "whole.h5", **options)
    effects, calls = runs.substitution_effects, []

    def fail_third(*arguments, **given):
        calls.append(1)
        if len(calls) == 3:
            raise _StoppedError
        return effects(*arguments, **given)

    monkeypatch.setattr(runs, "substitution_effects", fail_third)
    with pytest.raises(_StoppedError):
        explain(folder, tmp_path / "x.h5", **options)
    assert sorted(path.name for path in tmp_path.iterdir() if "whole" not in path.name) == [
        "x.h5.parts"
    ]
    with pytest.raises(InputError, match="span"):
        explain(folder, tmp_path / "x.h5", resume=True, **{**options, "span": 8})
    calls.clear()
    calls.extend([1, 1, 1])
    explain(folder, tmp_path / "x.h5", resume=True, **options)
    assert len(calls) == 4
    assert (tmp_path / "x.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()


REFUSED = {
    'found "ctcf", expected a target, a group or all': {"targets": "ctcf"},
    "found span 121, expected at most the model's window, 120": {"span": 121},
    "found steps, which the method ism does not use": {"steps": 5},
    "found top, which is for the variants of a VCF": {"top": 5},
    "found motifs, which is for the variants of a VCF": {"motifs": "m.meme"},
    "found plot, which needs an output": {"plot": "figures"},
    "found resume, which needs an output": {"resume": True},
    'found method "lime", expected ism': {"method": "lime"},
    "found no targets to explain": {"targets": []},
}


@pytest.mark.parametrize(("sentence", "options"), REFUSED.items(), ids=REFUSED)
def test_options_that_do_not_fit_are_refused(folder, sentence, options):
    with pytest.raises(InputError) as refused:
        explain(folder, regions=folder / "regions.bed", **options)
    assert str(refused.value).startswith(sentence)


def test_inputs_that_do_not_fit_are_refused(folder, tmp_path, capsys):
    words = ["--output", tmp_path / "x.h5", "--genome", folder / "genome.fa"]
    (tmp_path / "past.bed").write_text("chr1\t100\t110\nchr1\t1000\t1001\n")
    assert command(folder, *words, "--regions", tmp_path / "past.bed") == 2
    assert "past.bed, line 2: found a region behind the end" in capsys.readouterr().err
    (tmp_path / "plain.vcf").write_text(HEADER.split("\n")[0] + "\n" + HEADER.split("\n")[2] + "\n")
    assert command(folder, *words, "--vcf", tmp_path / "plain.vcf", "--top", 3) == 2
    assert "holds no variant with DANQ_MAX, expected a VCF of danq score" in capsys.readouterr().err
    (tmp_path / "odd.vcf").write_text(
        HEADER + (folder / "scored.vcf").read_text().splitlines()[3].replace("=1.5", "=x") + "\n"
    )
    assert command(folder, *words, "--vcf", tmp_path / "odd.vcf") == 2
    assert 'found DANQ_MAX="x", expected one number for each ALT' in capsys.readouterr().err
    assert command(folder, "--output", tmp_path / "x.h5", "--regions", folder / "regions.bed") == 2
    assert "regions and a VCF need a genome" in capsys.readouterr().err
    assert not (tmp_path / "x.h5").exists()


def test_bcf_is_read_too(folder, tmp_path):
    lines = (folder / "scored.vcf").read_text().splitlines(keepends=True)
    contigs = '##contig=<ID=chr1>\n##contig=<ID=chr9>\n##ALT=<ID=DEL,Description="">\n'
    (tmp_path / "s.vcf").write_text("".join([lines[0], contigs, *lines[1:]]))
    words = ["-Ob", "-o", str(tmp_path / "s.bcf"), str(tmp_path / "s.vcf")]
    pysam.bcftools.view(*words, catch_stdout=False)
    found = explain(folder, vcf=tmp_path / "s.bcf", targets="REST", top=1, span=5)
    assert found.maps.stretches[0].name.startswith("chr1:600:")
