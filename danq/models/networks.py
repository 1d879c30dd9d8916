"""DeepSEA, DanQ, DanQ-JASPAR and Beluga: each a short function over `danq.core`.

All take one-hot sequence, float (batch, sequence_length, channels), and give one probability a
target, float32 (batch, outputs). Their last two layers are the logits and a sigmoid. `width`
multiplies filters, recurrent units and hidden dense units (rounded, at least 1), never outputs.
"""

from typing import Literal

import keras

from danq.core.activations import Activation
from danq.core.layers import Convolution, Kernel, Recurrence
from danq.core.topologies import cnn, cnn_rnn
from danq.models.width import scale_units


def deepsea(
    *,
    sequence_length: int = 1000,
    channels: int = 4,
    outputs: int = 919,
    width: float = 1.0,
    hidden: float = 925,
    activation: Activation = "relu",
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
    hidden
        Units of the hidden layer at width 1. Selene's DeepSEA has as many as outputs.
    activation
        Of all inner layers. The Torch original has `danq.core.activations.threshold`.
    l2, max_norm
        Penalty and largest norm per output unit of every kernel.
    name
        Name of the model.

    Raises
    ------
    ValueError
        When a size does not fit: a sequence needs at least 163 positions.
    """
    return cnn(
        (sequence_length, channels),
        outputs,
        convolutions=[
            Convolution(scale_units(320, width), 8, pool_size=4, dropout=0.2),
            Convolution(scale_units(480, width), 8, pool_size=4, dropout=0.2),
            Convolution(scale_units(960, width), 8, dropout=0.5),
        ],
        hidden=[scale_units(hidden, width)],
        activation=activation,
        kernel=Kernel(l2=l2, max_norm=max_norm),
        name=name,
    )


def danq(
    *,
    sequence_length: int = 1000,
    channels: int = 4,
    outputs: int = 919,
    width: float = 1.0,
    hidden: float = 925,
    gate: Activation = "sigmoid",
    backward: Literal["reversed", "forward"] = "reversed",
    name: str = "danq",
) -> keras.Model:
    """Build DanQ (Quang & Xie 2016, Nucleic Acids Research 44:e107, Methods).

    One convolution of width 26 finds motifs, a bidirectional LSTM reads their arrangement:
    46,926,479 parameters at 919 outputs.

    Parameters
    ----------
    sequence_length, channels
        Shape of the input.
    outputs
        Number of targets.
    width
        Factor on filters, recurrent and hidden units.
    hidden
        Units of the hidden layer at width 1.
    gate, backward
        As in `danq.core.layers.Recurrence`. The released weights were trained with
        `danq.core.activations.legacy_hard_sigmoid` gates, which have no fused GPU kernels.
    name
        Name of the model.

    Raises
    ------
    ValueError
        When a size does not fit: a sequence needs at least 38 positions.
    """
    recurrence = Recurrence(
        scale_units(320, width), bidirectional=True, dropout=0.5, gate=gate, backward=backward
    )
    return cnn_rnn(
        (sequence_length, channels),
        outputs,
        convolutions=[Convolution(scale_units(320, width), 26, pool_size=13, dropout=0.2)],
        recurrences=[recurrence],
        hidden=[scale_units(hidden, width)],
        name=name,
    )


def danq_jaspar(
    *,
    sequence_length: int = 1000,
    channels: int = 4,
    outputs: int = 919,
    width: float = 1.0,
    hidden: float = 925,
    gate: Activation = "sigmoid",
    backward: Literal["reversed", "forward"] = "reversed",
    name: str = "danq_jaspar",
) -> keras.Model:
    """Build DanQ-JASPAR, the larger DanQ (Quang & Xie 2016, Methods): 67,892,175 parameters.

    This is the topology, whose kernels start like any other's: `danq.models.start_from_motifs` lets
    half of them start from JASPAR motifs, as the paper's did.

    Parameters
    ----------
    sequence_length, channels, outputs, width, hidden, gate, backward, name
        As in `danq`.

    Raises
    ------
    ValueError
        When a size does not fit: a sequence needs at least 44 positions.
    """
    recurrence = Recurrence(
        scale_units(512, width), bidirectional=True, dropout=0.5, gate=gate, backward=backward
    )
    return cnn_rnn(
        (sequence_length, channels),
        outputs,
        convolutions=[Convolution(scale_units(1024, width), 30, pool_size=15, dropout=0.2)],
        recurrences=[recurrence],
        hidden=[scale_units(hidden, width)],
        name=name,
    )


def beluga(
    *,
    sequence_length: int = 2000,
    channels: int = 4,
    outputs: int = 2002,
    width: float = 1.0,
    hidden: float = 2003,
    name: str = "beluga",
) -> keras.Model:
    """Build Beluga, the deeper DeepSEA of ExPecto (Zhou et al. 2018, Nature Genetics 50:1171).

    Six convolutions of width 8, two by two, each pair wider than the one before: 149,536,251
    parameters at 2,002 outputs.

    Parameters
    ----------
    sequence_length, channels, outputs, width, hidden, name
        As in `deepsea`.

    Raises
    ------
    ValueError
        When a size does not fit: a sequence needs at least 310 positions.
    """

    def pair(filters: int, *, pool_size: int, dropout: float) -> list[Convolution]:
        units = scale_units(filters, width)
        last = Convolution(units, 8, pool_size=pool_size, dropout=dropout, dropout_first=True)
        return [Convolution(units, 8), last]

    return cnn(
        (sequence_length, channels),
        outputs,
        convolutions=[
            *pair(320, pool_size=4, dropout=0.2),
            *pair(480, pool_size=4, dropout=0.2),
            *pair(640, pool_size=1, dropout=0.5),
        ],
        hidden=[scale_units(hidden, width)],
        name=name,
    )
