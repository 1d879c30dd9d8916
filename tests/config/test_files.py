"""The files that a config names: which they are, which are missing, whose they are."""

import os

import pytest
import yaml

from danq.config.files import borrowed_files, code_behind, missing_files, named_files, peak_files
from danq.errors import InputError
from tests.config.conftest import CONFIG, ROOT, changed

ALL = {
    "genome": "g.fa",
    "targets": "t.tsv",
    "windows.exclude": "x.bed",
    "models.small.motifs": "m.meme",
    "models.small.init": "i.keras",
    "models.own": {"import": "keras", "weights": "w.keras", "targets": "n.txt"},
    "score.vcf": "v.vcf",
    "score.background": {"vcf": ["b1.vcf", "b2.vcf"]},
    "explain.regions": "r.bed",
    "explain.motifs": "n.meme",
}


def test_every_key_that_takes_a_file_is_named():
    assert dict.fromkeys(named_files(changed(ALL))) == dict.fromkeys(
        [
            ("genome", "g.fa"),
            ("targets", "t.tsv"),
            ("windows.exclude", "x.bed"),
            ("models.small.motifs", "m.meme"),
            ("models.small.init", "i.keras"),
            ("models.own.weights", "w.keras"),
            ("models.own.targets", "n.txt"),
            ("score.vcf", "v.vcf"),
            ("score.background.vcf", "b1.vcf"),
            ("score.background.vcf", "b2.vcf"),
            ("explain.regions", "r.bed"),
            ("explain.motifs", "n.meme"),
        ]
    )
    deepsea = yaml.safe_load((ROOT / "config" / "deepsea.yaml").read_text())
    keys = [key for key, _ in named_files(deepsea)]
    assert keys.count("convert.from_mat") == 3
    assert "models.danq-jaspar.weights" in keys


def test_another_model_of_the_config_is_not_a_file():
    assert ("models.small.init", "other") not in named_files(
        changed({"models.small.init": "other"})
    )


@pytest.mark.parametrize("key", [key for key in ALL if key != "models.own"])
def test_a_file_that_does_not_exist_is_told_with_its_key(here, key):
    changes = {key: {"vcf": "no.vcf"} if key == "score.background" else "no.vcf"}
    (sentence,) = missing_files(changed(changes))
    assert sentence.startswith(key)
    assert sentence.endswith(': "no.vcf" does not exist')


def test_a_file_that_a_rule_makes_may_be_missing(here):
    assert not list(missing_files(changed({"genome": "made.fa"}), lambda path: path == "made.fa"))


def test_a_folder_and_a_tilde_are_told(here):
    (here / "folder").mkdir()
    config = changed({"genome": "folder", "score.vcf": "~/v.vcf"})
    assert list(missing_files(config)) == [
        'genome: "folder" is a folder, expected a file',
        'score.vcf: "~/v.vcf" does not exist (~ is not replaced here: write the whole path)',
    ]


RESULTS = {
    "genome": "results/config.yaml",
    "windows.exclude": "results/evaluation/metrics.tsv",
    "models.small.motifs": "results/models/small.keras",
    "models.small.init": "results/dataset.h5",
    "score.vcf": "./results//scores/variants.vcf.gz",
    "score.background": {"vcf": "results/scores/variants.vcf.gz"},
    "explain.regions": "results/explanation/variants/contributions.interpreted_regions.bed",
}


@pytest.mark.parametrize("key", RESULTS)
@pytest.mark.parametrize("is_made_before", [False, True])
def test_a_result_of_the_config_cannot_be_its_input(here, key, is_made_before):
    path = RESULTS[key]["vcf"] if isinstance(RESULTS[key], dict) else RESULTS[key]
    if is_made_before:
        (here / path).parent.mkdir(parents=True)
        (here / path).touch()
    (sentence,) = missing_files(changed({key: RESULTS[key]}))
    assert sentence.startswith(key)
    assert sentence.endswith(f': "{path}" is a result of this config, expected another file')
    (here / "mine").symlink_to(here / "results")
    assert list(missing_files(changed({key: RESULTS[key], "results": "mine"}))) == [sentence]
    others = list(missing_files(changed({key: RESULTS[key], "results": "elsewhere"})))
    assert len(others) == (not is_made_before)


def test_files_of_ones_own_may_lie_among_the_results(here):
    changes = {"results": ".", "models.own": {"import": "keras", "weights": "models/mine.keras"}}
    changes["models.own"]["targets"] = "models/names.tsv"
    (here / "models").mkdir()
    for name in ("mine.keras", "names.tsv"):
        (here / "models" / name).touch()
    assert not list(missing_files(changed(changes)))
    # That a network of the config is made first is for the workflow to see to.
    changes["models.own"]["weights"] = changes["models.other.init"] = "models/small.keras"
    assert not list(missing_files(changed(changes)))


def test_a_peak_file_among_the_results_is_told_with_its_line(here):
    with open("targets.tsv", "a") as table:
        table.write("X\tresults/scores/summary.tsv\tTF\t\n")
    (sentence,) = missing_files(changed({}))
    assert sentence.startswith('targets.tsv, line 4: "results/scores/summary.tsv" is a result of')


def test_a_peak_file_that_does_not_exist_is_told_with_its_line(here):
    (here / "CTCF.bed").rename(here / "gone.bed")
    assert list(missing_files(changed({}))) == ['targets.tsv, line 2: "CTCF.bed" does not exist']
    assert peak_files("targets.tsv") == ["CTCF.bed", "H3K4me3.bed"]
    assert peak_files(os.path.join("..", here.name, "targets.tsv"))[0] == f"../{here.name}/CTCF.bed"


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("name\tfile\nA\tA.bed\n", 'line 1: found the columns "name", "file", expected path'),
        ("name,path\nA,A.bed\n", 'line 1: found the columns "name,path", expected name among them'),
        ("name\tpath\nA\n", "line 2: found 1 columns, expected 2"),
        ("name\tpath\n\tA.bed\n", "line 2: has no name"),
        ("name\tpath\n", "lists no targets"),
        ("", "line 1: found the columns (none), expected name among them"),
    ],
)
def test_a_table_without_what_is_needed_is_told_with_its_line(tmp_path, table, sentence):
    (tmp_path / "t.tsv").write_text(table)
    with pytest.raises(InputError) as raised:
        peak_files(str(tmp_path / "t.tsv"))
    assert sentence in str(raised.value)


def test_the_code_behind_a_function_is_its_module_and_what_that_imports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    for name, text in {
        "nets/__init__.py": "",
        "nets/small.py": "import os\nfrom . import layers\nimport helpers\ndef make(): pass\n",
        "nets/layers.py": "",
        "nets/other.py": "",
        "helpers.py": "",
        "broken.py": "def make(:\n",
    }.items():
        (tmp_path / name).write_text(text)
    assert code_behind("nets.small:make") == [
        "helpers.py",
        "nets/__init__.py",
        "nets/layers.py",
        "nets/small.py",
    ]
    assert code_behind("broken:make") == ["broken.py"]
    assert code_behind("danq") == code_behind("json:loads") == []


def test_files_of_the_example_beside_a_genome_of_ones_own_are_told(here):
    data = ROOT / "data"
    background = {"vcf": str(next((data / "variants").glob("*.vcf.gz")))}
    motifs = str(data / "motifs.meme")
    config = changed({"models.small.motifs": motifs, "score.background": background})
    first, second = borrowed_files(config)
    assert first.startswith(f'models.small.motifs: "{motifs}" is the built-in example\'s, but the')
    assert second.startswith("score.background.vcf: ")
    assert not list(borrowed_files(config | {"genome": str(data / "chr22.fa.gz")}))
    assert not list(borrowed_files(CONFIG))
