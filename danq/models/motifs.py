"""Convolution kernels that start from known motifs, as DanQ-JASPAR's do."""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.genome import ALPHABET

logger = logging.getLogger(__name__)

_BACKGROUND = 0.25
_UNIFORM = "Background letter frequencies\nA 0.25 C 0.25 G 0.25 T 0.25"
_MATRIX = re.compile(r"^(letter-probability matrix:(?:(?!nsites).)*)$", re.MULTILINE)


@dataclass(frozen=True)
class Motif:
    """One position frequency matrix.

    Attributes
    ----------
    name
        As the file has it.
    frequencies
        float64 (length, 4): share of A, C, G, T at each position.
    """

    name: str
    frequencies: npt.NDArray[np.float64]


def read_motifs(path: str | os.PathLike[str]) -> list[Motif]:
    """Read a MEME or JASPAR file of DNA motifs with Biopython.

    Parameters
    ----------
    path
        A file in MEME's minimal format (it begins with ``MEME version``), or in JASPAR's, raw or
        bracketed.

    Raises
    ------
    InputError
        When the file cannot be read or holds no motifs.
    """
    from Bio import motifs

    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    except UnicodeDecodeError as error:
        raise InputError("is no text file, expected MEME or JASPAR motifs", path=path) from error
    kind = "minimal" if text.lstrip().startswith("MEME version") else "jaspar"
    if kind == "minimal":
        text = _completed(text)
    try:
        found = motifs.parse(io.StringIO(text), kind)
        matrices = [
            Motif(motif.name, np.array([motif.counts[base] for base in ALPHABET], float).T)
            for motif in found
        ]
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise InputError(f"holds no MEME or JASPAR motifs ({error})", path=path) from error
    if not matrices:
        raise InputError("holds no MEME or JASPAR motifs", path=path)
    for motif in matrices:
        totals = motif.frequencies.sum(axis=1, keepdims=True)
        if not (totals > 0).all():
            raise InputError(f'motif "{motif.name}" has a position without counts', path=path)
        motif.frequencies[:] = motif.frequencies / totals
    return matrices


def _completed(text: str) -> str:
    """Add to MEME text what the format leaves optional and Biopython does not."""
    if "Background letter frequencies" not in text:
        text = text.replace("\nMOTIF", f"\n{_UNIFORM}\n\nMOTIF", 1)
    # Biopython turns frequencies into counts; without a number of sites it assumes twenty, which
    # would round every frequency to a twentieth.
    return _MATRIX.sub(r"\1 nsites= 1000000", text)


def start_from_motifs(
    network: keras.Model, motifs: Sequence[Motif], *, share: float = 0.5, seed: int = 1
) -> list[str]:
    """Let kernels of the first convolution start from motifs.

    Each motif takes two kernels, one for either strand: its frequencies less 0.25, at a random
    place inside the kernel, with a bias drawn between −1 and 0 (Quang & Xie 2016, Methods, where a
    motif takes one kernel). The other kernels stay as they are. Where there are more motifs than
    room, a random choice is made; of a motif longer than the kernel its most informative stretch is
    taken. Both are logged.

    Parameters
    ----------
    network
        Its first convolution reads one-hot DNA: kernels (width, 4, filters).
    motifs
        What to start from.
    share
        At most this share of the kernels.
    seed
        Of choice, places and biases.

    Returns
    -------
    list of str
        Names of the motifs used.

    Raises
    ------
    InputError
        When the share is out of range, or no convolution reads DNA.
    """
    if not 0 < share <= 1:
        raise InputError(f"found motif share {share}, expected more than 0 and at most 1")
    layer = next((item for item in network.layers if isinstance(item, keras.layers.Conv1D)), None)
    if layer is None or layer.kernel.shape[1] != len(ALPHABET):
        raise InputError("the network has no convolution over DNA that could start from motifs")
    kernel, bias = layer.get_weights()
    width, _, filters = kernel.shape
    random = np.random.default_rng([seed, filters])
    room = int(share * filters) // 2
    chosen = sorted(random.permutation(len(motifs))[:room].tolist())
    if room < len(motifs):
        logger.info("%d of %d motifs find room in %d kernels", room, len(motifs), filters)
    long = [motifs[place].name for place in chosen if len(motifs[place].frequencies) > width]
    if long:
        logger.info("%d motifs are longer than %d bases and cut: %s", len(long), width, _few(long))
    for number, place in enumerate(chosen):
        matrix = _most_informative(motifs[place].frequencies, width) - _BACKGROUND
        for column, strand in ((2 * number, matrix), (2 * number + 1, matrix[::-1, ::-1])):
            offset = random.integers(0, width - len(strand) + 1)
            kernel[:, :, column] = 0
            kernel[offset : offset + len(strand), :, column] = strand
            bias[column] = -random.random()
    layer.set_weights([kernel, bias])
    logger.info("%d motifs start %d of %d kernels", len(chosen), 2 * len(chosen), filters)
    return [motifs[place].name for place in chosen]


def _most_informative(frequencies: npt.NDArray[np.float64], width: int) -> npt.NDArray[np.float64]:
    """Cut a matrix to the stretch of `width` positions with the most information."""
    safe = np.maximum(frequencies, 1e-12)
    information = 2 + (safe * np.log2(safe)).sum(axis=1)
    if len(frequencies) <= width:
        return frequencies
    start = int(np.argmax(np.convolve(information, np.ones(width), mode="valid")))
    return frequencies[start : start + width]


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
