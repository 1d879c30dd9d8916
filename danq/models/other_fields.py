"""Two networks from other fields, an image's and a volume's, over the same `danq.core`."""

from collections.abc import Sequence

import keras

from danq.core.layers import Convolution
from danq.core.specs import extent
from danq.core.topologies import cnn
from danq.models.width import scale_units


def alexnet(
    *,
    image_size: int = 227,
    channels: int = 3,
    outputs: int = 1000,
    width: float = 1.0,
    name: str = "alexnet",
) -> keras.Model:
    """Build AlexNet (Krizhevsky, Sutskever & Hinton 2012, NeurIPS, Section 3.5).

    Here as one tower and without response normalisation: 62,378,344 parameters at 1,000 classes.

    Parameters
    ----------
    image_size, channels
        The input is (batch, image_size, image_size, channels).
    outputs
        Number of classes; the output is a softmax over them.
    width
        Factor on filters and hidden units.
    name
        Name of the model.

    Raises
    ------
    ValueError
        When a size does not fit: an image needs at least 67 rows and columns.
    """

    def block(filters: int, extent: int, *, strides: int = 1, pooled: bool = False) -> Convolution:
        return Convolution(
            scale_units(filters, width),
            extent,
            strides=strides,
            padding="valid" if strides > 1 else "same",
            pool_size=3 if pooled else 1,
            pool_strides=2 if pooled else None,
        )

    return cnn(
        (image_size, image_size, channels),
        outputs,
        convolutions=[
            block(96, 11, strides=4, pooled=True),
            block(256, 5, pooled=True),
            block(384, 3),
            block(384, 3),
            block(256, 3, pooled=True),
        ],
        hidden=[scale_units(4096, width)] * 2,
        output_activation="softmax",
        dropout=0.5,
        name=name,
    )


def atomnet(
    *,
    grid: int | Sequence[int] = 20,
    channels: int = 8,
    outputs: int = 1,
    width: float = 1.0,
    name: str = "atomnet",
) -> keras.Model:
    """Build a network over voxels in AtomNet's style (Wallach et al. 2015, arXiv:1510.02855).

    Four convolutions of rank 3 (128 of 5 × 5 × 5, then three times 256 of 3 × 3 × 3) and two hidden
    layers of 1,024 read a grid around a binding site, 20 Å wide at 1 Å, and say how likely the
    ligand in it is to bind. The paper names neither its channels (kinds of atoms) nor padding and
    pooling; this network has neither padding nor pooling, and eight channels are our choice.

    Parameters
    ----------
    grid
        Voxels along every axis, or one number for each of three.
    channels
        Features of a voxel.
    outputs
        Number of targets, each with a sigmoid.
    width
        Factor on filters and hidden units.
    name
        Name of the model.

    Raises
    ------
    ValueError
        When a size does not fit: a grid needs at least 11 voxels along every axis.
    """
    given = extent("grid", grid)
    extents = (given,) * 3 if isinstance(given, int) else given
    if len(extents) != 3:
        raise ValueError(f"grid needs one number or three. Received: {grid}")
    return cnn(
        (*extents, channels),
        outputs,
        convolutions=[
            Convolution(scale_units(128, width), 5),
            *[Convolution(scale_units(256, width), 3)] * 3,
        ],
        hidden=[scale_units(1024, width)] * 2,
        name=name,
    )
