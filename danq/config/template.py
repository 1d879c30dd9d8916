"""`danq init`: a config to fill in, of what must be set."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from danq.errors import InputError
from danq.outputs import check_output, whole

TEMPLATE = Path(__file__).with_name("template.yaml")
_SCORE = "\n# The variants to score"


def init(
    output: str | os.PathLike[str],
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
    values: dict[str, str | list[str] | None] = {
        "genome": genome,
        "targets": targets,
        "results": results,
        "  vcf": vcf,
        "  valid": list(valid),
        "  test": list(test),
    }
    for key, value in values.items():
        if value:
            before, _, rest = text.partition(f"\n{key}: ")
            after = rest.partition("\n")[2]
            # YAML reads what JSON writes.
            text = f"{before}\n{key}: {json.dumps(value, ensure_ascii=False)}\n{after}"
    # Bytes as they came: what the locale cannot read may be UTF-8 all the same.
    content = text.encode("utf-8", "surrogateescape")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise InputError("a path to put in is not UTF-8", path=output) from error
    with whole(output) as partial:
        partial.write_bytes(content)
