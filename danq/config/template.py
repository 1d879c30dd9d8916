"""`danq init`: a config to fill in, of what must be set."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from danq.errors import InputError
from danq.outputs import check_output, whole
from danq.paths import StrPath
from danq.ranges import checked

TEMPLATE = Path(__file__).with_name("template.yaml")
# YAML reads what JSON writes, except for these letters.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SCORE = "\n# The variants to score"


@checked
def init(
    output: StrPath,
    *,
    genome: str | None = None,
    targets: str | None = None,
    valid: Sequence[str] = (),
    test: Sequence[str] = (),
    vcf: str | None = None,
    results: str | None = None,
) -> None:
    """Write a config with only what must be set, to be filled in by hand or from the arguments.

    Parameters
    ----------
    output
        The YAML file to write; one that exists is never overwritten.
    genome, targets, results
        Paths to put in, as seen from the folder in which Snakemake will run.
    valid, test
        Held-out contigs or regions to put in.
    vcf
        Variants to score. Where a genome is named without them, nothing is scored.

    Raises
    ------
    InputError
        When the file exists or cannot be written.
    """
    if os.path.lexists(output):
        raise InputError("exists already, expected the name of a new config", path=output)
    check_output(output)
    text = TEMPLATE.read_text(encoding="utf-8")
    if genome is not None and vcf is None:
        text = text[: text.index(_SCORE)]
    values = {
        "genome": genome,
        "targets": targets,
        "results": results,
        "  vcf": vcf,
        "  valid": list(valid) or None,
        "  test": list(test) or None,
    }
    for key, value in values.items():
        if value is not None:
            before, _, rest = text.partition(f"\n{key}: ")
            after = rest.partition("\n")[2]
            text = f"{before}\n{key}: {_yaml(value, key.strip(), output)}\n{after}"
    with whole(output) as partial:
        partial.write_text(text, encoding="utf-8")


def _yaml(value: str | list[str], key: str, output: StrPath) -> str:
    """Return a line of YAML that reads back as the value, whatever characters it has."""
    try:
        # Bytes as they came: what the locale cannot read may be UTF-8 all the same.
        words = [
            os.fsencode(word).decode() for word in ([value] if isinstance(value, str) else value)
        ]
    except UnicodeError as error:
        raise InputError(f"{key} to put in is not UTF-8", path=output) from error
    if not all(words):
        raise InputError(f"found an empty {key} to put in", path=output)
    line = json.dumps(words[0] if isinstance(value, str) else words, ensure_ascii=False)
    return _NOT_YAML.sub(lambda letter: f"\\u{ord(letter[0]):04x}", line)
