"""`danq check`: everything that is wrong with a config and its files, at once."""

from __future__ import annotations

import logging
import os

from danq.config.contents import Contents
from danq.config.files import borrowed_files
from danq.config.problems import ConfigError, problems, read_config

logger = logging.getLogger(__name__)


def check(config: str | os.PathLike[str]) -> list[str]:
    """Check a config of the workflow and the files that it names, before anything is made.

    Keys and values are held against the schema, and every file must exist. Then the files are read:
    the genome, the contigs and ends of the held-out regions, all peaks, motifs, and of each VCF its
    header and first 1,000 records. A file of the built-in example beside another genome is a
    warning.

    Parameters
    ----------
    config
        The YAML file; paths in it are relative to the current folder, as for Snakemake.

    Returns
    -------
    list of str
        What was read, one line for each file.

    Raises
    ------
    ConfigError
        When anything is wrong: it holds a sentence for each problem.
    InputError
        When the file is not a config at all.
    """
    content = read_config(config)
    found = problems(content)
    if not found:
        for sentence in borrowed_files(content):
            logger.warning("%s: %s", os.fspath(config), sentence)
        contents = Contents(content)
        contents.read()
        if not contents.problems:
            return contents.facts
        found = list(dict.fromkeys(contents.problems))
    raise ConfigError([f"{os.fspath(config)}: {sentence}" for sentence in found])
