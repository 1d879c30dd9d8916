# What the rules share: where results go, and the config as files and options.

import hashlib
import os
import re
import shlex
import sys

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import validate

# The checkout. The script that completes a conda environment (envs/danq.post-deploy.sh) runs as a
# copy, in any folder: this names where the package is.
SOURCE = os.path.dirname(
    os.path.dirname(workflow.current_basedir.get_path_or_uri(secret_free=True))
)
os.environ.update(DANQ_SOURCE=SOURCE)

# The checkout's own package knows what a config must say. This part of it needs nothing that
# Snakemake lacks, so that danq may be installed in the rules' environment only (--sdm conda).
if not os.path.isdir(SOURCE):
    raise WorkflowError(
        f"{SOURCE}: danq's workflow runs from a checkout: clone it and name its workflow/Snakefile"
    )
if workflow.modifier.path_modifier.prefix:
    raise WorkflowError(
        "danq cannot be a module with a prefix, expected results in its config to say where"
    )
sys.path.insert(0, SOURCE)
from danq.config.after_training import explained_by
from danq.config.files import borrowed_files, code_behind, kind_of_result, peak_files
from danq.config.problems import SCHEMA, problems, read_config
from danq.errors import InputError

sys.path.remove(SOURCE)


def refuse(sentences):
    """Stop with all that is wrong, one line each."""
    sentences = list(sentences)
    if sentences:
        raise WorkflowError("\n".join(f"config: {sentence}" for sentence in sentences))


def text_of(file):
    """A log's text, as far as it can be read."""
    try:
        with open(file, encoding="utf-8", errors="replace") as lines:
            return lines.read()
    except OSError:
        return ""


def fault_of(path):
    """What is wrong with a config file as such, if anything."""
    try:
        read_config(path)
    except InputError as error:
        return error
    # What a run has recorded of its config may be run again: it stays as it is.
    is_record = text_of(path) == yaml.safe_dump(config, sort_keys=False)
    if kind_of_result(config)(path) and not is_record:
        return f"{path} would be overwritten, expected results in another folder"


def is_made(path):
    """Whether it is made by a rule so far; danq may be a module below those of others."""
    return any(rule.is_producer(path) for rule in workflow.rules)


# Jobs of their own and the report read the config again that this run has checked.
if workflow.is_main_process and "DANQ_REPORT" not in os.environ:
    refuse(problems(config, is_made))
    # Of a key that stands twice Snakemake took the last. An outer workflow may have it its own way.
    if workflow.modifier.parent_modifier is None:
        refuse(filter(None, map(fault_of, workflow.configfiles)))
    for sentence in borrowed_files(config):
        logger.warning(f"config: {sentence}")
validate(config, schema=str(SCHEMA))

RESULTS = os.path.normpath(config["results"])
DATASET = f"{RESULTS}/dataset.h5"
MODELS = list(config["models"])
IMPORTED = [name for name in MODELS if "import" in config["models"][name]]
TRAINED = [name for name in MODELS if name not in IMPORTED]

# What a job does first that hours of others follow: the files of the config must fit together. It is
# not a rule of its own, since jobs after that would be run again whenever it was, or, with ancient(),
# Snakemake would not ask whether their own inputs or parameters changed. The stamp tells whether there
# is anything new to check; the config travels in the environment, since as a parameter each change
# of it would make everything again.
SETTINGS = yaml.safe_dump(config, sort_keys=False)
VARIABLE = f"DANQ_CONFIG_{hashlib.sha256(RESULTS.encode()).hexdigest()[:8]}"
os.environ[VARIABLE] = SETTINGS
STAMP = shlex.quote(f"{RESULTS}/check.txt")
CHECK = f'printf %s "${VARIABLE}" | danq check --config - --stamp {STAMP}'

# The reference of the windows; those that came in MATLAB files hold their own sequence.
GENOME = [] if "convert" in config else config["genome"]

SCORED_BY = config["score"]["model"]
SCORED_BY = SCORED_BY if isinstance(SCORED_BY, list) else [SCORED_BY]
BACKGROUND = config["score"].get("background")


def options(section, skip=()):
    """Options of a `danq` command from a section of the config: batch_size: 8 is --batch-size 8."""
    words = []
    for key, value in section.items():
        if key in skip or value is None or value is False or value == []:
            continue
        values = value if isinstance(value, list) else [value]
        words.append(f"--{key.replace('_', '-')}")
        words += [] if value is True else [written(item) for item in values]
    return shlex.join(words)


def written(value):
    """A value as on a command line; YAML's 100.0 is as whole a number to the schema as 100."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def pieces_of(folders):
    """All pieces as a pattern: the shell takes no command that spells out thousands of them."""
    folder, name = os.path.split(folders[0])
    return f"{shlex.quote(folder)}/*{name.removeprefix(name.split('-')[0])}"


def each(option, values):
    """An option of a `danq` command that is given once for each value."""
    return shlex.join(word for value in values for word in (option, str(value)))


def one_of(names):
    """Pattern for a wildcard that is one of the names; without names nothing matches."""
    return "|".join(names) or "(?!)"


def model_file(name):
    """Where the network of that name in the config is kept."""
    return f"{RESULTS}/models/{name}.keras"


def named(wildcards, key):
    """Files that a network's section names under a key, such as motifs, if any."""
    return config["models"][wildcards.model].get(key, [])


def initial_model(wildcards):
    """Model that training starts from: another one of the config, a file, or none."""
    initial = named(wildcards, "init")
    return model_file(initial) if initial in MODELS else initial


def last_words(snakemake_logs):
    """What each failed job said last, a line each, from the logs that Snakemake's own ones name."""
    text = "".join(map(text_of, snakemake_logs))
    _, *parts = text.split("Error in rule ")
    failures = {}
    for failure in parts:
        log = re.search(r"^ +log: (.+?) \(check log file", failure, re.MULTILINE)
        if log:
            failures[log[1]] = failure.partition(":")[0]
    for log, step in failures.items():
        lines = text_of(log).split("\n")
        said = next(
            (line.strip() for line in reversed(lines) if line.strip()), "nothing"
        )
        yield f"{step}: {said} (all of it: {log})"


def explanation(name, *, drawn):
    """The folder of an explanation; its figures, where there are any, are in the report."""
    folder = directory(f"{RESULTS}/explanation/{name}")
    if not drawn:
        return folder
    return report(
        folder,
        patterns=[r"figures/{number,\d+}.{place,[^./]+}.{target,[^./]+}.png"],
        category="Explanation",
        # One label: of two values, as two targets are, Snakemake's page makes a switch.
        labels={
            "result": f"{name.removesuffix('s')} {{number}}, {{place}}, {{target}}"
        },
        caption=f"../report/explained_{name}.rst",
    )
