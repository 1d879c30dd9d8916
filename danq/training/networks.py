"""The network that a run begins with: built by name, by a user's function, or from a model file."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from danq.dataset import Dataset
from danq.errors import InputError
from danq.models import files, networks
from danq.models.motifs import read_motifs, start_from_motifs

Path = str | os.PathLike[str]


@dataclass(frozen=True)
class Start:
    """What a run begins with, beside the network's name.

    Attributes
    ----------
    width
        Factor on the sizes of the network's inner layers.
    init
        Model file to take over.
    motifs
        MEME or JASPAR file for kernels of the first convolution.
    motif_share
        At most this share of them.
    """

    width: float = 1.0
    init: Path | None = None
    motifs: Path | None = None
    motif_share: float = 0.5

    def record(self) -> dict[str, Any]:
        """Give what was chosen, files by name."""
        chosen: dict[str, Any] = {"width": self.width}
        if self.init is not None:
            chosen["init"] = os.path.basename(self.init)
        if self.motifs is not None:
            chosen |= {"motifs": os.path.basename(self.motifs), "motif_share": self.motif_share}
        return chosen


_BUILDERS: dict[str, Callable[..., keras.Model]] = {
    "deepsea": networks.deepsea,
    "danq": networks.danq,
    "danq-jaspar": networks.danq_jaspar,
}


def first_network(
    model: str, dataset: Dataset, start: Start, *, rates: npt.NDArray[np.float64], seed: int
) -> keras.Model:
    """Make the network that a run begins with.

    Parameters
    ----------
    model
        As in `build_network`.
    dataset
        What it will be trained on.
    start
        Width, or a model file, or motifs.
    rates
        float64 (targets,): share of positive windows, from which the logits start.
    seed
        Of the motifs' places.

    Raises
    ------
    InputError
        When something does not fit.
    """
    if start.init is not None:
        if start.motifs is not None:
            raise InputError("found --init and --motifs, but --init brings its own kernels")
        return network_from_file(start.init, dataset)
    network = build_network(model, dataset, width=start.width)
    start_at_base_rates(network, rates)
    if start.motifs is not None:
        found = read_motifs(start.motifs)
        start_from_motifs(network, found, share=start.motif_share, seed=seed)
    return network


def build_network(model: str, dataset: Dataset, *, width: float = 1.0) -> keras.Model:
    """Build a network for a data set.

    Parameters
    ----------
    model
        ``deepsea``, ``danq``, ``danq-jaspar``, or ``MODULE:FUNCTION``, a function with the keywords
        sequence_length, channels, outputs and width that returns a `keras.Model` ending in logits
        and a sigmoid layer of its own.
    dataset
        Says how long windows are and how many targets there are.
    width
        Factor on the sizes of the inner layers.

    Raises
    ------
    InputError
        When there is no such network, or its sizes do not fit the windows.
    """
    builder = _BUILDERS.get(model) or _imported(model)
    try:
        return builder(
            sequence_length=dataset.window,
            channels=4,
            outputs=len(dataset.targets),
            width=width,
        )
    except ValueError as error:
        raise InputError(f'the network "{model}" cannot be built: {error}') from error


def _imported(model: str) -> Callable[..., keras.Model]:
    module, _, function = model.partition(":")
    if not function:
        raise InputError(
            f'found model "{model}", expected {", ".join(_BUILDERS)} or MODULE:FUNCTION'
        )
    try:
        builder: Any = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise InputError(f'the model "{model}" cannot be imported ({error})') from error
    expected = {"sequence_length", "channels", "outputs", "width"}
    parameters = inspect.signature(builder).parameters.values()
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    missing = expected - {parameter.name for parameter in parameters}
    if missing and not takes_all:
        raise InputError(f'the model "{model}" takes no keyword {sorted(missing)[0]}')
    return builder


def network_from_file(path: Path, dataset: Dataset) -> keras.Model:
    """Take a trained network over for a data set; another list of targets gets new logits.

    Parameters
    ----------
    path
        A model file.
    dataset
        What it shall be trained on next.

    Raises
    ------
    InputError
        When the network reads windows of another length or channels in another order.
    """
    network = files.load(path)
    record = network.danq
    if record.window != dataset.window:
        raise InputError(
            f"reads windows of {record.window} bases, the data set has {dataset.window}", path=path
        )
    if record.targets == dataset.targets.names:
        return network
    config = network.layers[-2].get_config()
    config["units"] = len(dataset.targets)
    logits = keras.layers.Dense.from_config(config)(network.layers[-2].input)
    output = keras.layers.Activation.from_config(network.layers[-1].get_config())(logits)
    return keras.Model(network.inputs, output, name=network.name)


def start_at_base_rates(network: keras.Model, rates: npt.NDArray[np.float64]) -> None:
    """Set the biases of the logits to the log odds of the targets.

    An untrained network then predicts each target's rate instead of one half, which spares the
    first epoch from learning 919 constants. Rates are kept off 0 and 1.
    """
    rates = np.clip(rates, 1e-4, 1 - 1e-4)
    kernel, _ = network.layers[-2].get_weights()
    network.layers[-2].set_weights([kernel, np.log(rates / (1 - rates)).astype(np.float32)])
