"""The network that a run begins with: built by name, by a user's function, or from a model file."""

import json
import logging
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from danq.dataset import Dataset
from danq.errors import InputError, is_memory, quoted
from danq.models import files, metadata, networks
from danq.models.keras_files.description import check_network
from danq.models.motifs.kernels import Strands, read_motifs, start_from_motifs
from danq.paths import StrPath, file_digest
from danq.targets.names import target_difference
from danq.training.start import Start, check_model, check_options, check_start
from danq.training.user_function import KEYWORDS, import_function, reason

logger = logging.getLogger(__name__)

Path = StrPath


@dataclass(frozen=True)
class First:
    """The network that a run begins with, one-hot windows to probabilities.

    `unknown` is what each channel of an unknown base holds; `record` says how it came about, for
    the model file.
    """

    network: keras.Model
    unknown: float
    record: dict[str, Any]


_TRAINING_BYTES = 16
"""Of a parameter: its value, its gradient, what the optimizer keeps of it, and the best value."""

_BUILDERS: dict[str, Callable[..., keras.Model]] = {
    "deepsea": networks.deepsea,
    "danq": networks.danq,
    "danq-jaspar": networks.danq_jaspar,
    "beluga": networks.beluga,
}


def first_network(
    model: str | keras.Model,
    dataset: Dataset,
    start: Start,
    *,
    rates: npt.NDArray[np.float64],
    seed: int,
) -> First:
    """Make the network that a run begins with; a given network keeps its weights.

    `rates`, float64 (targets,), is the share of positive windows from which the logits start; the
    seed is that of the motifs' places.
    """
    if not isinstance(model, str):
        return _given(model, dataset, start, seed=seed)
    check_start(model, dataset, start)
    if start.init is not None:
        return _taken_over(model, dataset, start.init, start.width, rates)
    width = 1.0 if start.width is None else start.width
    record: dict[str, Any] = {"model": model, "width": width}
    network = build_network(model, dataset, width=width)
    start_at_base_rates(network, rates)
    if start.motifs is not None:
        record |= _started_from_motifs(network, start, model=model, seed=seed)
    elif model == "danq-jaspar":
        logger.warning(
            "no motif file was given (--motifs): all kernels of danq-jaspar start at random, "
            "about half of the paper's started from JASPAR"
        )
    return First(network, 0.0, record)


def _given(network: keras.Model, dataset: Dataset, start: Start, *, seed: int) -> First:
    """Take a network as it is, with motifs where they are asked for."""
    if not isinstance(network, keras.Model):
        raise InputError(
            f"found model of type {type(network).__name__}, expected a name or a keras.Model"
        )
    check_options(start)
    for name in ("width", "init"):
        if getattr(start, name) is not None:
            raise InputError(f"found {name} with a network, which has its own sizes and weights")
    _check_network(network.name, network, dataset.window, len(dataset.targets))
    source = getattr(network, "danq", None)
    if source is not None:
        source.check(network.name, targets=dataset.targets.names, source="the data set has")
    record: dict[str, Any] = {"model": network.name, "width": None}
    if start.motifs is not None:
        record |= _started_from_motifs(network, start, model=network.name, seed=seed)
    return First(network, 0.0 if source is None else source.unknown, record)


def _started_from_motifs(
    network: keras.Model, start: Start, *, model: str, seed: int
) -> dict[str, Any]:
    """Put motifs into kernels; give what the model file records of it."""
    assert start.motifs is not None
    strands: Strands = start.motif_strands or ("forward" if model == "danq-jaspar" else "both")
    share = 0.5 if start.motif_share is None else start.motif_share
    found = read_motifs(start.motifs)
    result = start_from_motifs(network, found, share=share, strands=strands, seed=seed)
    return {
        "motifs": os.path.basename(start.motifs),
        "motifs_sha256": file_digest(start.motifs),
        "motif_share": share,
        "motif_strands": strands,
        "motifs_found": len(found),
        "motifs_used": len(result.used),
        "motifs_cut": result.cut,
    }


def _taken_over(
    model: str,
    dataset: Dataset,
    init: Path,
    width: float | None,
    rates: npt.NDArray[np.float64],
) -> First:
    source = metadata(init)
    was = {"model": model, "width": width, **source.training}
    network = network_from_file(init, dataset)
    difference = target_difference(source.targets, dataset.targets.names, source="the data set has")
    if difference is not None:
        logger.warning("%s %s: its last layer starts from scratch", init, difference)
        start_at_base_rates(network, rates)
    record = {"model": was["model"], "width": was["width"], "init": os.path.basename(init)}
    return First(network, source.unknown, record)


def build_network(model: str, dataset: Dataset, *, width: float = 1.0) -> keras.Model:
    """Build a network for the windows and targets of a data set.

    Of ``MODULE:FUNCTION``, the function takes the keywords sequence_length, channels, outputs and
    width and returns a `keras.Model` ending in logits and a sigmoid layer of its own. Raises
    InputError when there is no such network, its sizes do not fit the windows, or it does not end
    so.
    """
    check_model(model)
    builder = _BUILDERS.get(model) or import_function(model)
    outputs = len(dataset.targets)
    sizes = (dataset.window, 4, outputs, width)
    keywords = dict(zip(KEYWORDS, sizes, strict=True))
    try:
        if model in _BUILDERS:
            # Keras draws the seeds of weights from Python's state, and those are still to come.
            state = random.getstate()
            _check_memory(files.outline(lambda: builder(**keywords)), width)
            random.setstate(state)
        network = builder(**keywords)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        if is_memory(error):
            raise
        raise InputError(
            f"the network {quoted(model)} cannot be built for windows of {dataset.window} bases: "
            f"{reason(error)}"
        ) from error
    _check_network(model, network, dataset.window, outputs)
    return network


def _check_memory(outline: keras.Model, width: float) -> None:
    """Refuse a network that this machine could not hold while it is trained."""
    needed = outline.count_params() * _TRAINING_BYTES
    held = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > held:
        raise InputError(
            f"a network of width {width:g} has {outline.count_params():,} parameters, and training "
            f"it takes at least {needed >> 30:,} GiB of memory where this machine has "
            f"{held >> 30:,}; expected a smaller width"
        )


def _check_network(model: str, network: Any, window: int, outputs: int) -> None:
    """Refuse a user's network that would be trained or saved as what it is not."""
    if isinstance(network, (keras.Sequential, keras.Function)):
        _check_description(model, network)
    if not isinstance(network, keras.Model):
        fault = f"it returns {type(network).__name__}, expected a keras.Model"
    elif not isinstance(network, (keras.Sequential, keras.Function)):
        fault = f"it is a subclass ({type(network).__name__}), which a model file cannot describe"
        fault += "; expected a Sequential or functional keras.Model"
    elif network.input_shape != (None, window, 4):
        fault = f"it reads {network.input_shape}, expected (None, {window}, 4)"
    elif network.output_shape != (None, outputs):
        fault = f"it gives {network.output_shape}, expected (None, {outputs})"
    elif not files.ends_in_logits(network):
        fault = f"expected {files.ENDING}"
    else:
        files.check_runs(network, model)
        return
    raise InputError(f"the network {quoted(model)} does not fit: {fault}")


def _check_description(model: str, network: keras.Model) -> None:
    """Refuse before it is trained what would be refused when it is loaded."""
    try:
        described = json.loads(network.to_json())
    except Exception as error:
        raise InputError(f"the network {quoted(model)} cannot be saved: {reason(error)}") from error
    check_network(described, model)


def network_from_file(path: Path, dataset: Dataset) -> keras.Model:
    """Take a trained network over for a data set; another list of targets gets new logits.

    Raises InputError when it reads windows of another length or channels in another order.
    """
    metadata(path).check(path, window=dataset.window, source="the data set has")
    network = files.load(path)
    if network.danq.targets == dataset.targets.names:
        return network
    config = network.layers[-2].get_config()
    config["units"] = len(dataset.targets)
    logits = keras.layers.Dense.from_config(config)(network.layers[-2].input)
    output = keras.layers.Activation.from_config(network.layers[-1].get_config())(logits)
    return keras.Model(network.inputs[0], output, name=network.name)


def start_at_base_rates(network: keras.Model, rates: npt.NDArray[np.float64]) -> None:
    """Set the biases of the logits to the log odds of the targets.

    An untrained network then predicts each target's rate instead of one half, which spares the
    first epoch from learning 919 constants. Rates are kept off 0 and 1.
    """
    rates = np.clip(rates, 1e-4, 1 - 1e-4)
    kernel, _ = network.layers[-2].get_weights()
    network.layers[-2].set_weights([kernel, np.log(rates / (1 - rates)).astype(np.float32)])
