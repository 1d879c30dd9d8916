"""Whole networks from the blocks of `danq.core.layers`: each function returns a `keras.Model`.

=================  ==========================================  ==================================
function           reads                                       gives
=================  ==========================================  ==================================
`feed_forward`     (batch, features)                           (batch, outputs)
`cnn`              (batch, extent, …, channels), 1–3 extents   (batch, outputs)
`cnn_rnn`          (batch, steps, channels)                    (batch, outputs)
`one_to_one`       (batch, features)                           (batch, outputs)
`one_to_many`      (batch, features)                           (batch, steps, outputs)
`many_to_one`      (batch, steps, features)                    (batch, outputs)
`many_to_many`     (batch, steps, features)                    (batch, steps, outputs), aligned, or
                                                               of another length with a decoder
=================  ==========================================  ==================================

All end in a dense layer named ``logits`` and an activation layer of its own named ``output``, so
that values before the last non-linearity stay within reach. Both compute in float32 whatever the
dtype policy.

**Sequences of different lengths.** Recurrent networks read any length. In a batch, pad the shorter
ones at their end (``keras.utils.pad_sequences(sequences, dtype="float32", padding="post")``) and
give the padding as `mask_value`: steps that hold it in every feature are skipped, so that each
sequence gets what it would get alone, and Keras leaves them out of the loss. Networks that flatten
(`cnn`, `cnn_rnn`) have one length.
"""

from danq.core.layers import Convolution, Head, Kernel, Recurrence
from danq.core.topologies.convolutional import cnn, cnn_rnn
from danq.core.topologies.decoding import generate, one_to_many, shift
from danq.core.topologies.dense import feed_forward
from danq.core.topologies.recurrent import many_to_many, many_to_one, one_to_one

__all__ = [
    "Convolution",
    "Head",
    "Kernel",
    "Recurrence",
    "cnn",
    "cnn_rnn",
    "feed_forward",
    "generate",
    "many_to_many",
    "many_to_one",
    "one_to_many",
    "one_to_one",
    "shift",
]
