"""DeepSEA, DanQ and DanQ-JASPAR: each a short function over `danq.core`.

All take one-hot sequence, float (batch, sequence_length, channels), and give one probability a
target, float32 (batch, outputs). Their last two layers are the logits and a sigmoid. `width`
multiplies filters, recurrent units and hidden dense units (rounded, at least 1), never outputs.
"""

from __future__ import annotations

import math

import keras

from danq.core.layers import Convolution, Kernel
from danq.core.topologies import Recurrence, cnn, cnn_rnn


def deepsea(
    *,
    sequence_length: int = 1000,
    channels: int = 4,
    outputs: int = 919,
    width: float = 1.0,
    l2: float = 5e-7,
    max_norm: float | None = 0.9,
    name: str = "deepsea",
) -> keras.Model:
    """Build DeepSEA (Zhou & Troyanskaya 2015, Nature Methods 12:931, Supplementary Note).

    Three convolutions of width 8 with max-pooling, then two dense layers: 52,843,119 parameters at
    919 outputs.

    Parameters
    ----------
    sequence_length, channels
        Shape of the input.
    outputs
        Number of targets.
    width
        Factor on filters and hidden units.
    l2, max_norm
        Penalty and largest norm per output unit of every kernel.
    name
        Name of the model.

    Raises
    ------
    ValueError
        When a size does not fit: a sequence needs at least 163 positions.
    """
    _check_width(width)
    return cnn(
        (sequence_length, channels),
        outputs,
        convolutions=[
            Convolution(_scaled(320, width), 8, pool_size=4, dropout=0.2),
            Convolution(_scaled(480, width), 8, pool_size=4, dropout=0.2),
            Convolution(_scaled(960, width), 8, dropout=0.5),
        ],
        hidden=[_scaled(925, width)],
        kernel=Kernel(l2=l2, max_norm=max_norm),
        name=name,
    )


def danq(
    *,
    sequence_length: int = 1000,
    channels: int = 4,
    outputs: int = 919,
    width: float = 1.0,
    name: str = "danq",
) -> keras.Model:
    """Build DanQ (Quang & Xie 2016, Nucleic Acids Research 44:e107, Methods).

    One convolution of width 26 finds motifs, a bidirectional LSTM reads their arrangement:
    46,926,479 parameters at 919 outputs. Gates are standard sigmoids.

    Parameters
    ----------
    sequence_length, channels
        Shape of the input.
    outputs
        Number of targets.
    width
        Factor on filters, recurrent and hidden units.
    name
        Name of the model.

    Raises
    ------
    ValueError
        When a size does not fit: a sequence needs at least 38 positions.
    """
    _check_width(width)
    return cnn_rnn(
        (sequence_length, channels),
        outputs,
        convolutions=[Convolution(_scaled(320, width), 26, pool_size=13, dropout=0.2)],
        recurrences=[Recurrence(_scaled(320, width), bidirectional=True, dropout=0.5)],
        hidden=[_scaled(925, width)],
        name=name,
    )


def danq_jaspar(
    *,
    sequence_length: int = 1000,
    channels: int = 4,
    outputs: int = 919,
    width: float = 1.0,
    name: str = "danq_jaspar",
) -> keras.Model:
    """Build DanQ-JASPAR, the larger DanQ (Quang & Xie 2016, Methods): 67,892,175 parameters.

    This is the topology; its kernels start like any other's, not from JASPAR motifs.

    Parameters
    ----------
    sequence_length, channels
        Shape of the input.
    outputs
        Number of targets.
    width
        Factor on filters, recurrent and hidden units.
    name
        Name of the model.

    Raises
    ------
    ValueError
        When a size does not fit: a sequence needs at least 44 positions.
    """
    _check_width(width)
    return cnn_rnn(
        (sequence_length, channels),
        outputs,
        convolutions=[Convolution(_scaled(1024, width), 30, pool_size=15, dropout=0.2)],
        recurrences=[Recurrence(_scaled(512, width), bidirectional=True, dropout=0.5)],
        hidden=[_scaled(925, width)],
        name=name,
    )


def _scaled(units: int, width: float) -> int:
    return max(1, round(units * width))


def _check_width(width: float) -> None:
    if not 0 < width < math.inf:
        raise ValueError(f"width must be more than 0. Received: {width}")
