"""`danq check`: everything that is wrong with a config and its files, at once."""

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from danq import __version__
from danq.config.contents import Contents
from danq.config.files import borrowed_files, code_behind, named_files, peak_files
from danq.config.problems import STANDARD_INPUT, ConfigError, problems, read_config
from danq.errors import InputError, reading
from danq.outputs import check_output, whole
from danq.paths import StrPath
from danq.ranges import checked

logger = logging.getLogger(__name__)

_STAMP = "checked: "
"""How a stamp begins."""


@checked
def check(config: StrPath, *, stamp: StrPath | None = None) -> list[str]:
    """Check a config of the workflow and the files that it names, before anything is made.

    Keys and values are held against the schema, and every file must exist. Then the files are read:
    the genome, the contigs and ends of the held-out regions, all peaks and motifs, the modules of
    functions that build networks, which are imported, and of each VCF its header and first 1,000
    records. Options of training that exclude each other are reported too. A file of the built-in
    example beside another genome is a warning.

    Parameters
    ----------
    config
        The YAML file, or ``-`` for standard input; paths in it are relative to the current folder,
        as for Snakemake.
    stamp
        File that keeps what was read. Where the config and the sizes and times of its files are
        still those of the stamp, nothing is read again. A file that does not exist is left out: a
        rule of the workflow may make it later, and what needs it misses it then. Only an earlier
        stamp is overwritten.

    Returns
    -------
    list of str
        What was read, one line for each file.

    Raises
    ------
    ConfigError
        When anything is wrong: it holds a sentence for each problem.
    InputError
        When the file is not a config at all, or `stamp` is another file that exists or that the
        config names.
    """
    if stamp is not None:
        _check_stamp(stamp)
    content = read_config(config)
    name = "config" if os.fspath(config) == STANDARD_INPUT else os.fspath(config)
    unfit = problems(content, lambda path: True)
    faults = unfit if stamp is not None else problems(content)
    if not unfit:
        files = _files(content)
        if stamp is not None:
            check_output(stamp, inputs=[config, *files], make=False)
        state = _state(content, files)
        facts = None if faults else _kept(stamp, state)
        if facts is not None:
            return facts
        for sentence in borrowed_files(content):
            logger.warning("%s: %s", name, sentence)
        # What is there is read even where something else is missing, to tell all at once.
        contents = Contents(content)
        contents.read()
        faults = list(dict.fromkeys([*faults, *contents.problems]))
    if faults:
        raise ConfigError([f"{name}: {sentence}" for sentence in faults])
    if stamp is not None:
        with whole(stamp) as partial:
            partial.write_text("\n".join([state, *contents.facts, ""]), encoding="utf-8")
    return contents.facts


def _check_stamp(path: StrPath) -> None:
    """Refuse to overwrite a file that no check has written, such as one's genome."""
    if not os.path.isfile(path):
        return
    with reading(path), open(path, "rb") as file:
        beginning = file.read(len(_STAMP))
    if beginning != _STAMP.encode():
        raise InputError(
            "exists and is not a stamp of danq check, expected the name of a new file", path=path
        )


def _kept(stamp: StrPath | None, state: str) -> list[str] | None:
    """Return the lines of a stamp, None where there is none of this state."""
    if stamp is None or not os.path.isfile(stamp):
        return None
    first, _, facts = Path(stamp).read_text(encoding="utf-8", errors="replace").partition("\n")
    return facts.splitlines() if first == state else None


def _state(config: Mapping[str, Any], files: list[str]) -> str:
    """Return a checksum of what a check depends on, contents of files aside."""
    content = hashlib.sha256(json.dumps([__version__, config], default=str).encode())
    for path in filter(os.path.exists, files):
        stat = os.stat(path)
        content.update(repr((path, stat.st_size, stat.st_mtime_ns)).encode())
    return f"{_STAMP}{content.hexdigest()}"


def _files(config: Mapping[str, Any]) -> list[str]:
    """Return every file that a config names, those behind its targets and networks included."""
    files = [path for _, path in named_files(config)]
    with suppress(InputError):
        files += peak_files(config["targets"]) if "targets" in config else []
    files += [
        file for one in config["models"].values() for file in code_behind(one.get("model", ""))
    ]
    return files
