"""What the workflow would do: dry runs of the miniature and of the built-in example."""

import re
import shlex

import pytest
import yaml

from danq.config.files import missing_files
from tests.miniature import (
    REGIONS,
    ROOT,
    VCF,
    jobs,
    settings,
    snakemake,
    write_config,
    write_inputs,
)

RULE_FILES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))


@pytest.fixture
def inputs(tmp_path):
    """Folder with the miniature's inputs, for dry runs."""
    write_inputs(tmp_path)
    write_config(tmp_path, settings())
    return tmp_path


@pytest.fixture
def example(tmp_path):
    """Folder that sees the built-in example, and no results of it."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / "config").symlink_to(ROOT / "config")
    return tmp_path


def test_every_choice_of_windows_reaches_the_command(inputs):
    config = settings()
    config["windows"] |= {"negatives": "matched", "negative_ratio": 2, "drop_duplicates": True}
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    words = "--negatives matched --negative-ratio 2 --drop-duplicates"
    assert words in result.stdout


def test_all_that_is_wrong_is_said_at_once_before_anything_runs(inputs):
    config = settings(genome="in puts/genom.fa", evaluate={"resamples": 200_000})
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run")
    assert result.returncode == 1
    assert "config: evaluate.resamples: found 200000, expected 0, or 40 to 100000" in result.stdout
    config = settings(genome="in puts/genom.fa")
    config["score"] |= {"vcf": "in puts/smal.vcf", "model": "large"}
    (inputs / "in puts" / "AP1.bed.gz").unlink()
    write_config(inputs, config)
    lines = snakemake(inputs, "--dry-run").stdout.splitlines()
    assert [line for line in lines if line.startswith("config: ")] == [
        'config: score.model: found "large", expected one of models: small_deepsea, small-danq',
        'config: genome: "in puts/genom.fa" does not exist',
        'config: score.vcf: "in puts/smal.vcf" does not exist',
        'config: in puts/targets.tsv, line 2: "in puts/AP1.bed.gz" does not exist',
    ]


def test_a_key_that_stands_twice_is_refused(inputs):
    path = inputs / "config" / "config.yaml"
    count = path.read_text().count("\n")
    path.write_text(f"{path.read_text()}results: elsewhere\n")
    output = snakemake(inputs, "--dry-run").stdout
    assert f'line {count + 1}: is not YAML (the key "results" stands twice)' in output
    files = ("--configfile", path)
    assert f"config: {path}, line {count + 1}: is" in snakemake(inputs, "--dry-run", *files).stdout


def test_results_that_would_overwrite_the_config_are_refused(inputs):
    said = "config.yaml would be overwritten, expected results in another folder"
    for results, path in (("config", "config/config.yaml"), ("./", "config.yaml")):
        text = yaml.safe_dump(settings(results=results))
        (inputs / path).write_text(f"# mine\n{text}")
        files = ("--configfile", inputs / path)
        assert said in snakemake(inputs, "--dry-run", *files).stdout
    # A run's own record of its config can be run again.
    write_config(inputs, settings(results="out"))
    assert snakemake(inputs, "out/config.yaml").returncode == 0
    result = snakemake(inputs, "--dry-run", "--configfile", inputs / "out" / "config.yaml")
    assert result.returncode == 0, result.stdout


def test_whole_numbers_may_have_a_point(inputs):
    write_config(inputs, settings(evaluate={"resamples": 100.0, "block_size": 2000}))
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    assert "--resamples 100 --block-size 2000" in result.stdout


def test_several_networks_score_as_one(inputs):
    score = settings()["score"] | {"model": ["small-danq", "small_deepsea"], "info": ["all"]}
    score |= {"mixed_precision": "bfloat16", "pieces": 2}
    write_config(inputs, settings(score=score))
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    files = [f"'out puts/models/{name}.keras'" for name in ("small-danq", "small_deepsea")]
    both = f"--model {files[0]} --model {files[1]}"
    # Two pieces, and what gathers them.
    assert result.stdout.count(f"danq --own-gpu score {both} --genome") == 3
    assert result.stdout.count("--background 'out puts/scores/background.h5'") == 3
    # However many there are, the shell gets one short word.
    assert "--gather 'out puts/scores/pieces'/*-of-2.blocks" in result.stdout
    # A piece holds no records for INFO to stand in.
    assert result.stdout.count("--info all") == 1
    assert f"danq --own-gpu background {both} --genome" in result.stdout
    assert "--snvs-only --seed 1 --ref-mismatch error --mixed-precision bfloat16" in result.stdout


def test_without_background_scores_have_no_e_values(inputs):
    score = {"vcf": VCF, "model": "small-danq"}
    write_config(inputs, settings(score=score))
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    assert "background" not in jobs(result.stdout)
    assert "--background" not in result.stdout


def test_the_first_network_that_scores_is_explained(inputs):
    explain = {"top": 3, "targets": ["all", "AP1"], "method": "saliency"}
    score = settings()["score"] | {"model": ["small-danq", "small_deepsea"]}
    score["ref_mismatch"] = "skip"
    write_config(inputs, settings(explain=explain, score=score))
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    (command,) = re.findall(r"danq --own-gpu explain .*", result.stdout)
    words = shlex.split(command)
    assert words[words.index("--model") + 1] == "out puts/models/small-danq.keras"
    assert words[words.index("--vcf") + 1] == "out puts/scores/variants.vcf.gz"
    assert words[words.index("--targets") + 1 :][:2] == ["all", "AP1"]
    assert "--top 3 --ref-mismatch skip" in command
    assert "--method saliency" in command
    assert "--motifs" not in command


def test_without_variants_regions_are_explained(inputs):
    explain = {"regions": REGIONS, "model": "small-danq"}
    config = settings(explain=explain)
    del config["score"]
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    counts = jobs(result.stdout)
    assert (counts["explain_regions"], "explain" in counts, "score" in counts) == (1, False, False)
    (command,) = re.findall(r"danq --own-gpu explain .*", result.stdout)
    assert "--model 'out puts/models/small-danq.keras' --genome 'in puts/genome.fa'" in command
    assert f"--regions '{REGIONS}'" in command
    assert "--plot" not in command
    assert "--top" not in command


def test_without_variants_nothing_is_scored(inputs):
    config = settings()
    del config["score"]
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run")
    assert result.returncode == 0, result.stdout
    assert jobs(result.stdout) == {
        "windows": 1,
        "train": 2,
        "evaluate": 1,
        "settings": 1,
        "report": 1,
        "danq": 1,
        "total": 7,
    }


def test_config_file_of_the_command_line_stands_alone(inputs):
    other = settings(models={"lone": {"model": "danq"}})
    del other["score"]
    (inputs / "mine.yaml").write_text(yaml.safe_dump(other))
    result = snakemake(inputs, "--dry-run", "--configfile", inputs / "mine.yaml")
    assert result.returncode == 0, result.stdout
    assert jobs(result.stdout)["train"] == 1
    assert "score" not in jobs(result.stdout)


def test_network_starts_from_another_of_the_config(inputs):
    config = settings()
    config["models"]["small-danq"]["init"] = "small_deepsea"
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    assert "--init 'out puts/models/small_deepsea.keras'" in result.stdout


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_built_in_example_has_jobs(example, snakefile):
    result = snakemake(example, "--dry-run", "--snakefile", snakefile)
    assert result.returncode == 0, result.stdout
    counts = jobs(result.stdout)
    assert counts["total"] > 5
    assert (counts["train"], counts["explain"]) == (2, 1)
    assert "warning" not in result.stdout.lower()


def test_no_result_can_be_an_input(inputs):
    """Every file that a rule makes, and no other, is refused where an input is named."""
    config = settings()
    config["score"]["pieces"] = 2
    config["explain"] = {"regions": REGIONS}
    write_config(inputs, config)
    table = snakemake(inputs, "--dry-run", "--summary").stdout
    made = [line.split("\t")[0] for line in table.splitlines() if line.startswith("out puts/")]
    assert len(made) > 30
    for path in made:
        config["genome"] = path
        found = list(missing_files(config))
        assert any(sentence.startswith(f'genome: "{path}" is a result of') for sentence in found)
    write_config(inputs, config)
    output = snakemake(inputs, "--dry-run").stdout
    assert f'config: genome: "{path}" is a result of this config' in output


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_rules_that_compute_name_what_they_need(path):
    _, *rules = re.split(r"^\s*rule (?=\w+:$)", path.read_text(), flags=re.MULTILINE)
    for text in rules:
        if "shell:" not in text:
            continue
        directives = set(re.findall(r"^\s+(\w+):", text, re.MULTILINE))
        assert directives >= {"log", "benchmark", "threads", "resources", "conda"}, text
        assert re.search(r"mem_mb=\d+", text), text
        assert re.search(r"runtime=\d+", text), text
        networks = r"danq (--own-gpu |{params.card} )?(train|evaluate|background|score|explain)"
        runs_network = re.search(networks, text) is not None
        assert (re.search(r"\bgpu=", text) is not None) == runs_network, text
        assert "run:" not in text
        assert "script:" not in text


def test_the_code_of_a_network_of_ones_own_is_an_input(inputs):
    (inputs / "mynets.py").write_text("import mylayers\ndef make(**sizes): pass\n")
    (inputs / "mylayers.py").write_text("")
    config = settings()
    config["models"]["small-danq"] = {"model": "mynets:make"}
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run")
    assert result.returncode == 0, result.stdout
    assert "in puts/genome.fa, mylayers.py, mynets.py" in result.stdout


def test_a_file_of_the_example_beside_another_genome_is_warned_of(inputs):
    config = settings()
    config["models"]["small-danq"]["motifs"] = str(ROOT / "data" / "motifs.meme")
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run")
    assert result.returncode == 0, result.stdout
    assert "config: models.small-danq.motifs: " in result.stdout
    assert "is the built-in example's, but the genome is" in result.stdout


def module(folder, *, above="", options=""):
    """Dry run of another workflow, which takes danq in as a module."""
    (folder / "outer.smk").write_text(
        f"{above}\nmodule danq:\n    snakefile: {str(ROOT / 'workflow' / 'Snakefile')!r}\n"
        f"    config: config\n{options}\n\nuse rule * from danq as danq_*\n"
    )
    files = ("--snakefile", folder / "outer.smk", "--configfile", folder / "config/config.yaml")
    return snakemake(folder, "danq_all", "--dry-run", *files)


def test_a_file_may_be_made_by_a_rule_above_the_module(inputs):
    (inputs / "in puts" / "genome.fa").rename(inputs / "genome.fa")
    make = "rule make:\n    output: 'in puts/genome.fa'\n    shell: 'cp genome.fa {output:q}'\n"
    assert '"in puts/genome.fa" does not exist' in module(inputs).stdout
    result = module(inputs, above=make)
    assert result.returncode == 0, result.stdout
    assert jobs(result.stdout)["make"] == 1


def test_a_prefix_of_the_module_is_refused_in_words(inputs):
    result = module(inputs, options="    prefix: 'elsewhere'")
    assert result.returncode == 1
    assert "danq cannot be a module with a prefix, expected results in its config" in result.stdout
