"""Convolution kernels that start from known motifs, as DanQ-JASPAR's do."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import keras
import numpy as np
import numpy.typing as npt

from danq.errors import InputError, counted
from danq.genome import ALPHABET
from danq.models.motifs.files import Motif, read_motifs

__all__ = ["Motif", "MotifStart", "Placement", "Strands", "read_motifs", "start_from_motifs"]

logger = logging.getLogger(__name__)

Strands = Literal["both", "forward"]

_BACKGROUND = 0.25
_NAMED = 20
# The float32 values nearest to −1 and 0 that lie between them.
_LEAST_BIAS, _LARGEST_BIAS = -1 + 2.0**-24, -(2.0**-24)


@dataclass(frozen=True)
class Placement:
    """Where one motif stands in one kernel.

    `motif` is its index in the list of motifs, `kernel` that of the filter. `strand` is ``+``, or
    ``-`` for the reverse complement. `offset` is the first of the kernel's positions that it takes.
    `start` is the first of the motif's positions that is used: 0, except for one longer than the
    kernel.
    """

    motif: int
    kernel: int
    strand: str
    offset: int
    start: int


@dataclass(frozen=True)
class MotifStart:
    """What became of a list of motifs; one of `placements` per kernel.

    `used` and `left_out` name the motifs that start kernels, and those for which there was no room.
    `cut` names those of `used` that are longer than the kernel.
    """

    used: list[str]
    left_out: list[str]
    cut: list[str]
    placements: list[Placement]


def start_from_motifs(
    network: keras.Model,
    motifs: Sequence[Motif],
    *,
    share: float = 0.5,
    strands: Strands = "both",
    seed: int = 1,
) -> MotifStart:
    """Start kernels of the first convolution from motifs.

    A kernel becomes the motif's frequencies less 0.25 at a random place inside it, zero elsewhere,
    with a bias drawn between −1 and 0. The other kernels stay as they are. Where there are more
    motifs than room, a random choice is made; of a motif longer than the kernel the stretch with
    the most information is taken. Both are logged and told in the result.

    With ``strands="forward"`` and a share of a half this is the recipe of DanQ-JASPAR (Quang & Xie
    2016, Methods), which gives each motif one kernel::

        network = danq.models.danq_jaspar(outputs=919)
        motifs = danq.models.read_motifs("JASPAR2026_CORE_vertebrates.meme")
        danq.models.start_from_motifs(network, motifs, strands="forward")

    Parameters
    ----------
    network
        Its first convolution reads one-hot DNA: kernels (width, 4, filters).
    motifs
        What to start from.
    share
        At most this share of the kernels.
    strands
        ``both`` gives each motif two kernels, the second for its reverse complement, so that it is
        found on either strand from the first step; ``forward`` one.
    seed
        Of choice, places and biases.

    Returns
    -------
    MotifStart
        Which motifs were used, and where.

    Raises
    ------
    InputError
        When an argument is out of range, or no convolution with a bias reads DNA.
    """
    if not 0 < share <= 1:
        raise InputError(f"found motif share {share}, expected more than 0 and at most 1")
    if strands not in get_args(Strands):
        raise InputError(f'found motif strands "{strands}", expected both or forward')
    layer = _reader(network)
    kernel, bias = layer.get_weights()
    width, _, filters = kernel.shape
    copies = 2 if strands == "both" else 1
    random = np.random.default_rng([seed, filters])
    room = int(share * filters) // copies
    if room == 0:
        raise InputError(
            f"found motif share {share:g}, expected room for a motif: it has {copies} of "
            f"{filters} kernels"
        )
    chosen = sorted(random.permutation(len(motifs))[:room].tolist())
    placements = []
    for place, number in enumerate(chosen):
        start, stretch = _most_informative(motifs[number].frequencies, width)
        both = (("+", stretch - _BACKGROUND), ("-", stretch[::-1, ::-1] - _BACKGROUND))
        for copy, (strand, matrix) in enumerate(both[:copies]):
            column = copies * place + copy
            offset = int(random.integers(0, width - len(matrix) + 1))
            kernel[:, :, column] = 0
            kernel[offset : offset + len(matrix), :, column] = matrix
            bias[column] = np.clip(-random.random(), _LEAST_BIAS, _LARGEST_BIAS)
            placements.append(Placement(number, column, strand, offset, start))
    layer.set_weights([kernel, bias])
    result = MotifStart(
        used=[motifs[place].name for place in chosen],
        left_out=[motifs[place].name for place in sorted({*range(len(motifs))} - {*chosen})],
        cut=[motifs[place].name for place in chosen if len(motifs[place].frequencies) > width],
        placements=placements,
    )
    _report(result, motifs, width, filters)
    return result


def _reader(network: keras.Model) -> Any:
    """Find the convolution that reads the sequence."""
    layer = next((item for item in network.layers if isinstance(item, keras.layers.Conv1D)), None)
    if layer is None or layer.kernel.shape[1] != len(ALPHABET):
        raise InputError("the network has no convolution over DNA that could start from motifs")
    if not layer.use_bias:
        raise InputError(f'the convolution "{layer.name}" has no bias, so no motif can start in it')
    return layer


def _most_informative(
    frequencies: npt.NDArray[np.float64], width: int
) -> tuple[int, npt.NDArray[np.float64]]:
    """Find the stretch of at most `width` positions with the most information: start, matrix."""
    if len(frequencies) <= width:
        return 0, frequencies
    safe = np.maximum(frequencies, 1e-12)
    information = 2 + (safe * np.log2(safe)).sum(axis=1)
    start = int(np.argmax(np.convolve(information, np.ones(width), mode="valid")))
    return start, frequencies[start : start + width]


def _report(result: MotifStart, motifs: Sequence[Motif], width: int, filters: int) -> None:
    if result.left_out:
        logger.info(
            "%d of %d motifs find room in %d kernels, %d do not: %s",
            len(result.used),
            len(motifs),
            filters,
            len(result.left_out),
            _few(result.left_out),
        )
    if result.cut:
        logger.info(
            "%s longer than %d bases, cut to the most informative stretch: %s",
            counted(len(result.cut), "motif"),
            width,
            _few(result.cut),
        )
    logger.info(
        "kernels started from motifs: %d of %d, from %s",
        len(result.placements),
        filters,
        counted(len(result.used), "motif"),
    )


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
