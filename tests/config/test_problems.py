"""What a config says wrong: one sentence in words for each thing, with the key it is about."""

import json
import math

import pytest
import yaml

from danq.config.problems import SCHEMA, problems, read_config
from danq.errors import InputError
from tests.config.conftest import CONFIG, ROOT, said_of

KEYS = {
    "genom": '"genom" is not a key of the config; did you mean "genome"?',
    "windows.min_overlaps": '"windows.min_overlaps" is not a key of the config; did you mean '
    '"min_overlap"?',
    "models.small.epoch": '"models.small.epoch" is not a key of the config; did you mean "epochs"?',
    "evaluate.zzz": '"evaluate.zzz" is not a key of the config, expected split, kmer_floor, '
    "gapped_kmers, resamples, block_size or mixed_precision",
    "score.vfc": '"score.vfc" is not a key of the config; did you mean "vcf"?',
    "epochs": '"epochs" is not a key of the config; it belongs under models.NAME',
    "valid": '"valid" is not a key of the config; it belongs under windows',
}
VALUES = [
    ("windows.valid", "chr8", 'windows.valid: found "chr8", expected a list: write [chr8]'),
    ("windows.valid", [8], 'windows.valid, entry 1: found 8, expected text: write "8" in quotes'),
    ("models.small.epochs", "many", 'models.small.epochs: found "many", expected a whole number'),
    (
        "models.small.learning_rate",
        "1e-3",
        'models.small.learning_rate: found "1e-3", expected a number: write 0.001 without quotes',
    ),
    ("models.small.width", "1e400", 'models.small.width: found "1e400", expected a number'),
    ("models.small.width", 0, "models.small.width: found 0, expected more than 0"),
    ("models.small.seed", -1, "models.small.seed: found -1, expected at least 0"),
    ("models.small.width", math.nan, "models.small.width: found nan, expected a number"),
    ("models.small.width", math.inf, "models.small.width: found inf, expected a number"),
    ("models.small.seed", 2**70, "models.small.seed: found 1180591620717411303424, expected at mo"),
    ("models.small.batch_size", 10**12, "models.small.batch_size: found 1000000000000, expected"),
    ("models.small.width", 1e300, "models.small.width: found 1e+300, expected at most 1000"),
    ("models.small.max_jitter", 10**9, "models.small.max_jitter: found 1000000000, expected at"),
    ("windows.window", 1e308, "windows.window: found 1e+308, expected at most 10000000"),
    (
        "models.small.optimizer",
        "adm",
        'models.small.optimizer: found "adm", expected sgd, rmsprop or adam; did you mean "adam"?',
    ),
    (
        "models.small.model",
        "dank",
        'models.small.model: found "dank", expected deepsea, danq, danq-jaspar, beluga or '
        'MODULE:FUNCTION; did you mean "danq"?',
    ),
    ("models", {}, "models: found nothing, expected at least one entry"),
    (
        "models",
        {2026: {"model": "danq"}},
        'models: found the key 2026, expected text: write "2026" in quotes',
    ),
    (
        "models",
        {True: {"model": "danq"}},
        "models: found the key true, expected text: YAML reads on, off, yes and no as true and "
        "false, so put it in quotes",
    ),
    (
        "models",
        {"a b": {"model": "danq"}},
        'models: found "a b", expected a name of letters, digits, - and _ that begins with a '
        "letter or digit",
    ),
    (
        "models.kmer",
        {"model": "danq"},
        "models: kmer and gapped-kmer are what evaluation calls its linear models",
    ),
    ("models.small", {"width": 1}, "models.small: found no model, expected model, the network to "),
    (
        "models.small.import",
        "danq",
        "models.small: model and import exclude each other, to train a network or to import one",
    ),
    (
        "models.small",
        {"model": "danq", "clip_norm": 1, "clip_value": 1},
        "models.small: clip_norm and clip_value exclude each other",
    ),
    ("models.small.decay", 0.5, "models.small: found decay without schedule, expected both"),
    (
        "windows.negative_ratio",
        2,
        "windows: negative_ratio can be used with negatives random or matched only",
    ),
    ("evaluate.resamples", 20, "evaluate.resamples: found 20, expected 0, or 40 to 100000"),
    (
        "evaluate",
        {"resamples": 0, "block_size": 2000},
        "evaluate: block_size can be used with resamples only",
    ),
    ("score.model", ["small", "small"], "score.model: found an entry twice, expected distinct"),
    ("explain.top", 0, "explain.top: found 0, expected at least 1"),
    ("explain.method", "ims", 'explain.method: found "ims", expected ism, saliency, gradient-'),
    ("score.pieces", 10_001, "score.pieces: found 10001, expected at most 10000"),
    ("results", "", "results: found an empty text, expected at least one entry"),
    ("results", "a\nb", r'results: found "a\nb", expected text without control characters'),
    ("results", "a{b}", 'results: found "a{b}", expected text without {, } and <…>, which'),
    ("score.vcf", "<b>.vcf", 'score.vcf: found "<b>.vcf", expected text without {, } and <…>, wh'),
    ("genome", "</ScRipt>", 'genome: found "</ScRipt>", expected text without </script'),
]
CONTRADICTIONS = [
    ({"score.model": "smal"}, 'score.model: found "smal", expected one of models: small, other; '),
    ({"score.model": None}, "score.model is missing, expected one of models: small, other"),
    ({"score.info": ["sd"]}, 'score.info: found "sd", which needs several models in score.model'),
    (
        {"score.info": ["none", "max"]},
        "score.info: found none among other words, expected it alone",
    ),
    ({"score.info": ["e:X"]}, 'score.info: found "e:X", which needs score.background'),
    (
        {"score.info": ["max", "diff:CTFC"]},
        'score.info: found "diff:CTFC", expected max, sd, functional, groups, all, none or a '
        'target of targets.tsv; did you mean "CTCF"?',
    ),
    ({"windows.test": None}, "windows.test is missing: evaluate.split asks for it, so name"),
    ({"windows.valid": None}, "windows.valid is missing: training stops by it, so name contigs"),
    ({"windows.window": 1001}, "windows: found window 1001 and bin 200, expected a bin of at most"),
    ({"windows.bin": 1002}, "windows: found window 1000 and bin 1002, expected a bin of at most"),
    (
        {"windows.require": "none", "windows.negatives": "random"},
        "windows: found negatives beside require none, which keeps every bin already",
    ),
    (
        {
            "convert": {"from_mat": ["genome.fa"]},
            "targets": None,
            "windows": None,
            "models.small.max_jitter": 4,
        },
        "models.small.max_jitter: found 4 with convert, but windows of MATLAB files have no coo",
    ),
    (
        {"windows.require": "tf"},
        'windows.require: found "tf", expected any, none or a group of targets.tsv: TF, histone; '
        'did you mean "TF"?',
    ),
    (
        {"models.SMALL": {"model": "danq"}},
        "models: small and SMALL differ in case only, expected names that differ more",
    ),
    ({"models.small.init": "small"}, "models.small.init: found its own name, expected another"),
    (
        {"models.small.init": "results/models/small.keras"},
        "models.small.init: found its own name, expected another model",
    ),
    (
        {"models.o": {"import": "keras", "weights": "results/models/o.keras", "targets": "t.tsv"}},
        "models.o.weights: found its own name, expected another model",
    ),
    (
        {"models.small.init": "othr"},
        'models.small.init: "othr" is neither a file nor a model; did you mean "other"?',
    ),
    (
        {"models.small.model": "no_such_nets:make"},
        'models.small.model: found "no_such_nets:make", but no module "no_such_nets" in this',
    ),
    (
        {"score": None, "explain": {}},
        "explain: found neither score.vcf nor explain.regions, expected something to explain",
    ),
    (
        {"score": None, "explain": {"regions": "genome.fa", "top": 3}},
        "explain.top: can be used with score.vcf only",
    ),
    (
        {"score": None, "explain": {"regions": "genome.fa", "motifs": "genome.fa"}},
        "explain.motifs: can be used with score.vcf only",
    ),
    (
        {"explain": {"plot_regions": True}},
        "explain.plot_regions: can be used with explain.regions only",
    ),
    (
        {"explain.model": "othr"},
        'explain.model: found "othr", expected one of models: small, other; did you mean "other"?',
    ),
    (
        {"explain": {}, "score.info": ["all"]},
        "score.info: found no max, which explain needs to tell what changes most",
    ),
    ({"explain.span": 1001}, "explain.span: found 1001, expected at most the window's 1000 bases"),
    (
        {"explain.targets": ["TF", "CTFC", "CTCF", "all"]},
        'explain.targets: found "CTFC", expected all, a target or a group of targets.tsv; did you '
        'mean "CTCF"?',
    ),
    ({"results": "genome.fa"}, 'results: "genome.fa" is a file, expected a folder'),
]


@pytest.mark.parametrize(("place", "sentence"), KEYS.items(), ids=KEYS)
def test_an_unknown_key_comes_with_what_was_meant(place, sentence):
    assert said_of({place: 1}) == [sentence]


@pytest.mark.parametrize(("place", "value", "sentence"), VALUES)
def test_a_value_that_does_not_fit_is_told_in_words(place, value, sentence):
    (found,) = said_of({place: value})
    assert found.startswith(sentence)


@pytest.mark.parametrize("place", ["genome", "targets", "models"])
def test_a_key_that_must_be_set_is_missing_by_name(place):
    assert said_of({place: None}) == [f"{place} is missing"]


@pytest.mark.parametrize("place", ["score", "windows", "evaluate", "explain", "genome"])
def test_a_key_left_empty_is_told(place):
    config = CONFIG | {place: None}
    (found,) = problems(config)
    assert found.startswith(f"{place}: found nothing, expected ")
    assert found.endswith(": fill it in or drop the line")


@pytest.mark.parametrize(
    ("starts", "name", "count", "names"),
    [
        ({"a": "b", "b": "a"}, "a", 2, "a, b"),
        ({"a": "out/models/b.keras", "b": "./out//models/a.keras"}, "a", 2, "a, b"),
        ({"z": "a", "a": "b", "b": "c", "c": "d", "d": "a"}, "a", 4, "a, b, c, …"),
    ],
)
def test_models_that_start_from_each_other_are_told_once(here, starts, name, count, names):
    (here / "out" / "models").mkdir(parents=True)
    for made in "ab":
        (here / "out" / "models" / f"{made}.keras").touch()
    models = {key: {"model": "danq", "init": start} for key, start in starts.items()}
    assert said_of({"models": models, "results": "out", "score": None}) == [
        f"models.{name}.init: found {count} models that start from each other ({names}), expected "
        "one of them to start from none of the others"
    ]


def test_models_may_start_from_each_other_in_a_row(here):
    starts = {"a": "b", "b": "c", "d": "b"}
    models = {key: {"model": "danq", "init": start} for key, start in starts.items()}
    assert said_of({"models": {**models, "c": {"model": "danq"}}, "score": None}) == []


@pytest.mark.parametrize(("changes", "sentence"), CONTRADICTIONS)
def test_what_would_fail_after_training_is_told_before(here, changes, sentence):
    assert any(found.startswith(sentence) for found in said_of(changes)), said_of(changes)


def test_a_config_that_no_job_could_be_handed_is_refused(here):
    regions = [f"chr2:{start}-{start + 9}" for start in range(1, 80_000, 10)]
    (found,) = said_of({"windows.valid": regions})
    assert found.endswith(" characters, expected at most 100,000: more cannot be handed to a job")
    assert found.startswith("found 1")


def test_a_right_config_has_no_problems(here):
    assert said_of({}) == []
    assert said_of({"evaluate.resamples": 100.0, "score.info": ["max", "diff:CTCF"]}) == []


def test_words_for_info_are_those_of_scoring():
    from danq.config.after_training import INFO_WORDS
    from danq.scoring.outputs.info_choice import WORDS

    assert INFO_WORDS == WORDS


def test_a_key_that_a_terminal_would_obey_is_escaped():
    found = problems({**CONFIG, "models": {"a\u202e": "danq"}})
    assert len(found) > 1
    assert all(sentence.isprintable() for sentence in found)
    assert any(sentence.startswith(r"models.a\u202e: ") for sentence in found)


def test_everything_is_said_at_once(here):
    found = said_of({"genome": "g.fa", "score.vcf": "v.vcf", "windows.test": None})
    assert len(found) == 3


OWN = {"import": "keras", "weights": "config/deepsea.yaml", "targets": "config/deepsea.yaml"}


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("windows", {}, 'found "windows", expected only genome, models, evaluate, score, expla'),
        (
            "targets",
            "t.tsv",
            'found "targets", expected only genome, models, evaluate, score, expl',
        ),
        ("convert.from_mat", [], "convert.from_mat: found an empty list, expected at least one e"),
        ("convert", {}, "convert.from_mat is missing"),
        ("score", {"vcf": "v.vcf", "model": "danq"}, "genome is missing"),
        ("explain", {"regions": "config/deepsea.yaml"}, "genome is missing"),
        ("models.danq.import", "dank", 'models.danq.import: found "dank", expected danq, danq-ja'),
        ("models.danq.backward", "x", 'models.danq.backward: found "x", expected reversed or for'),
        ("models.own", {"import": "selene-deepsea"}, "models.own.weights is missing"),
        ("models.own", {"import": "keras", "weights": "w"}, "models.own.targets is missing"),
        (
            "models.own",
            {**OWN, "channels": "AAAA"},
            'models.own.channels: found "AAAA", expected an order of A, C, G and T such as ACGT',
        ),
        ("models.own", {**OWN, "unknown": 7}, "models.own.unknown: found 7, expected at most 1"),
        ("models.own", {**OWN, "window": 9}, "models.own: window cannot be used with import kera"),
        ("models.own", {**OWN, "backward": "forward"}, "models.own: backward can be used with im"),
        ("models.danq.channels", "ACGT", "models.danq: channels can be used with import keras onl"),
        ("models.danq.unknown", 0, "models.danq: unknown can be used with import keras only"),
    ],
)
def test_a_config_of_published_files_is_told_alike(place, value, sentence):
    deepsea = yaml.safe_load((ROOT / "config" / "deepsea.yaml").read_text())
    (found,) = said_of({place: value}, deepsea)
    assert found.startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("score: {vcf: a}\nmodels: {}\nscore: {}\n", 'line 3: is not YAML (the key "score" stands'),
        ("a: b: c\n", "line 1: is not YAML (mapping values are not allowed here)"),
        ("\tgenome: x\n", "line 1: is not YAML (found character"),
        ("- genome\n", "holds no keys, expected a config (danq init writes one)"),
        ("", "holds no keys"),
        ("a: 2026-99-99\n", "is not YAML ("),
    ],
)
def test_what_is_no_config_file_is_told_with_its_line(tmp_path, text, sentence):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(InputError) as raised:
        read_config(tmp_path / "mine.yaml")
    assert sentence in str(raised.value)


NINE = ", ".join(["{0}"] * 9)
ALIASES = "".join(f"a{n}: &a{n} [{NINE.format(f'*a{n - 1}')}]\n" for n in range(1, 20))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"a0: &a0 [1]\n{ALIASES}", "holds more than 100,000 values, those behind aliases"),
        ("genome: &g [*g]\n", "holds more than 100,000 values, those behind aliases"),
        ("models: &m {small: {model: danq}, other: *m}\n", "holds more than 100,000 values"),
        ("- b\n" * 300_000, "is longer than 1,000,000 characters, expected a config"),
    ],
    ids=["billion", "itself", "itself within", "long"],
)
def test_a_config_without_an_end_is_refused(tmp_path, text, sentence):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        read_config(path)
    assert str(raised.value).startswith(f"{path}: {sentence}")


def test_aliases_of_a_config_are_what_they_stand_for(tmp_path):
    (tmp_path / "mine.yaml").write_text("models: {a: &a {model: danq, width: 1}, b: {<<: *a}}\n")
    found = read_config(tmp_path / "mine.yaml")["models"]
    assert found["a"] == found["b"] == {"model": "danq", "width": 1}


def test_a_config_may_be_json_indented_by_tabs(tmp_path):
    (tmp_path / "mine.json").write_text(json.dumps(CONFIG, indent="\t"))
    assert read_config(tmp_path / "mine.json") == CONFIG
    (tmp_path / "mine.json").write_text('{\n\t"genome": "a",\n\t"genome": "b"\n}')
    with pytest.raises(InputError, match=r'line 3: is not YAML .the key "genome" stands twice'):
        read_config(tmp_path / "mine.json")


def test_the_schema_explains_every_choice():
    """Where a value must match a pattern, or one of several, its sentence needs words."""

    def parts(schema):
        if isinstance(schema, dict):
            yield schema
            for part in schema.values():
                yield from parts(part)
        elif isinstance(schema, list):
            for part in schema:
                yield from parts(part)

    for part in parts(yaml.safe_load(SCHEMA.read_text())):
        if {"pattern", "anyOf"} & set(part) and not isinstance(part.get("pattern"), dict):
            assert "expected" in part
