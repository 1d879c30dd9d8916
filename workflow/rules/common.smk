# What the rules share: where results go, and the config as files and options.

import csv
import os
import shlex

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

# The checkout. The script that completes a conda environment (envs/danq.post-deploy.sh) runs as a
# copy, in any folder: it is told here where the package is.
SOURCE = os.path.dirname(
    os.path.dirname(workflow.current_basedir.get_path_or_uri(secret_free=True))
)
os.environ.update(DANQ_SOURCE=SOURCE)


def check(data, schema, what):
    """Validate data and fill in defaults; one line says what is wrong where."""
    try:
        validate(data, schema=schema)
    except WorkflowError as error:
        problem = error.__context__
        if not hasattr(problem, "message"):
            raise
        place = ".".join(str(part) for part in problem.absolute_path) or "top level"
        message = problem.message
        if problem.validator == "not":
            # What must not be has no sentence of its own but for its description.
            message = problem.validator_value["description"]
        raise WorkflowError(f"{what}, {place}: {message}") from None


def read_targets():
    """Rows of the targets table, one a target."""
    try:
        with open(config["targets"], newline="", encoding="utf-8-sig") as table:
            rows = list(csv.DictReader(table, delimiter="\t"))
    except OSError as error:
        raise WorkflowError(f"{config['targets']}: {error.strerror}") from None
    return [row for row in rows if any(row.values())]


def check_required(group):
    """Refuse a group that no target has before anything runs, as `danq windows` would later."""
    groups = [(row.get("group") or "").strip() for row in TARGETS["targets"]]
    known = {name or "ungrouped": None for name in groups}
    if group not in ("any", "none", *known):
        raise WorkflowError(
            f"config: windows.require is {group!r}, expected any, none or a group of "
            f"{config['targets']}: {', '.join(known)}"
        )


check(config, "../schemas/config.schema.yaml", "config")

TARGETS = {"targets": []}
if "targets" in config:
    TARGETS = {"targets": read_targets()}
    check(TARGETS, "../schemas/targets.schema.yaml", config["targets"])
    check_required(config["windows"]["require"])

RESULTS = config["results"]
DATASET = f"{RESULTS}/dataset.h5"
MODELS = list(config["models"])
IMPORTED = [name for name in MODELS if "import" in config["models"][name]]
TRAINED = [name for name in MODELS if name not in IMPORTED]

# The reference of the windows; those that came in MATLAB files hold their own sequence.
GENOME = [] if "convert" in config else config["genome"]

SCORED_BY = config["score"]["model"]
SCORED_BY = SCORED_BY if isinstance(SCORED_BY, list) else [SCORED_BY]
BACKGROUND = config["score"].get("background")

for name in SCORED_BY if config["score"]["vcf"] else []:
    if name not in MODELS:
        raise WorkflowError(
            f"config: score.model is {name!r}, expected one of models: {', '.join(MODELS)}"
        )


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


def each(option, values):
    """An option of a `danq` command that is given once for each value."""
    return shlex.join(word for value in values for word in (option, str(value)))


def one_of(names):
    """Pattern for a wildcard that is one of the names; without names nothing matches."""
    return "|".join(names) or "(?!)"


def peak_files(wildcards):
    """Peak files of all targets; paths in the table are relative to it."""
    folder = os.path.dirname(config["targets"])
    return [os.path.join(folder, row["path"]) for row in TARGETS["targets"]]


def model_file(name):
    """Where the network of that name in the config is kept."""
    return f"{RESULTS}/models/{name}.keras"


def imported_from(wildcards, key):
    """File that an imported network needs, its weights or the names of its targets, if any."""
    return config["models"][wildcards.model].get(key, [])


def initial_model(wildcards):
    """Model that training starts from: another one of the config, a file, or none."""
    initial = config["models"][wildcards.model].get("init")
    if initial is None:
        return []
    return model_file(initial) if initial in MODELS else initial
