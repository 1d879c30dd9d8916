"""Train a network on a data set and keep its best epoch on the validation windows."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Unpack

import keras

from danq.dataset import Dataset
from danq.errors import InputError
from danq.genome import Reference
from danq.models.devices import prepare_devices
from danq.models.motifs.kernels import Strands
from danq.names import check_utf8
from danq.outputs import check_distinct, check_ending, check_outputs, clear_partials
from danq.paths import StrPath
from danq.ranges import checked
from danq.training.history import History, files_of
from danq.training.listener import Listener
from danq.training.run import CHECKPOINT_MINUTES, Run
from danq.training.settings import Changes, Settings, settings_for
from danq.training.setup import Setup
from danq.training.start import CHECKPOINT_RANGE, Start, check_model
from danq.training.step.parallel import data_parallel
from danq.training.tensorboard import Board


@checked
def train(
    dataset: StrPath,
    output: StrPath,
    *,
    model: str | keras.Model = "danq",
    settings: Settings | None = None,
    width: float | None = None,
    init: StrPath | None = None,
    motifs: StrPath | None = None,
    motif_share: float | None = None,
    motif_strands: Strands | None = None,
    resume: bool = False,
    genome: StrPath | Reference | None = None,
    checkpoint_minutes: float = CHECKPOINT_MINUTES,
    devices: int | str | None = None,
    tensorboard: StrPath | None = None,
    progress: bool | None = None,
    listeners: Sequence[Listener] = (),
    **changes: Unpack[Changes],
) -> History:
    """Train a network.

    In the folder of `output` appear ``NAME.history.tsv``, the same as a page, ``.html``, and as
    a picture, ``.png``, ``.svg`` and ``.pdf``, and while the run lasts ``NAME.checkpoint``, from
    which it resumes. A signal to stop (Ctrl-C, or SIGTERM as batch systems send it) is followed
    after the step under way, with the checkpoint written; a second one at once.

    Parameters
    ----------
    dataset
        Data set file with training and validation windows.
    output
        The model file to write, ending in `.keras`.
    model
        The name of a network (`danq.training.networks.build_network`), or a `keras.Model` of
        one-hot windows to probabilities, ending in logits and a sigmoid layer of its own. Such a
        network is trained itself, from the weights that it has, and ends with those that are kept.
    settings
        Hyper-parameters; by default those of the model's paper.
    **changes
        Fields of `Settings` in place of those, such as ``epochs=1``.
    width
        Factor on the sizes of the network's inner layers; None is 1, or that of `init`.
    init
        Model file to start from, instead of random weights. It must hold the same kind of network.
    motifs
        MEME or JASPAR file: kernels of the first convolution start from its motifs
        (`danq.models.start_from_motifs`). A small data set finds motifs late or never.
    motif_share
        At most this share of the kernels does; None is one half.
    motif_strands
        ``both``: a motif takes two kernels, one for either strand; ``forward``: one. None is
        ``forward`` for danq-jaspar, as in its paper, and ``both`` for any other network.
    resume
        Go on from the checkpoint, if there is one. On the CPU the result equals that of a run that
        was never interrupted.
    genome
        The reference or where it lies now, when it has moved.
    checkpoint_minutes
        A checkpoint is written after each epoch, and within one at intervals of minutes. How often
        does not change the result.
    devices
        How many devices share each batch, or ``all`` (`danq.training.step.parallel`); None is one.
    tensorboard
        Folder in which curves for TensorBoard go.
    progress
        Whether to show progress bars; None shows them on a terminal only.
    listeners
        Hear of every step and epoch.

    Returns
    -------
    History
        A row per epoch.

    Raises
    ------
    InputError
        When an input does not fit.
    TrainingError
        When the loss is no longer a number, or float16 cannot hold the gradients.
    Interrupted
        When a signal asked to stop: a KeyboardInterrupt.
    """
    output = Path(output)
    check_ending(output, "model")
    written = files_of(output)
    checkpoint = written[1]
    inputs = (dataset, genome, init, motifs)
    check_outputs(written, inputs=inputs)
    if tensorboard is not None:
        check_utf8(tensorboard, "TensorBoard")
        check_distinct([*written, tensorboard], inputs=inputs)
    CHECKPOINT_RANGE.check("checkpoint_minutes", checkpoint_minutes)
    if settings is None:
        settings = settings_for(str(getattr(model, "name", model)), **changes)
    elif changes:
        raise InputError("found settings and single hyper-parameters, expected one or the other")
    if isinstance(model, str) and init is None:
        check_model(model)
    prepare_devices()
    parallel = data_parallel(devices)
    with Dataset.open(dataset, genome=genome) as data, parallel.running():
        start = Start(width, init, motifs, motif_share, motif_strands)
        setup = Setup(data, model, settings, start=start, parallel=parallel)
        run = Run(setup, checkpoint=checkpoint, checkpoint_minutes=checkpoint_minutes)
        for path in written:
            clear_partials(path)
        with nullcontext() if tensorboard is None else Board(tensorboard, setup.details) as board:
            heard_by = [*([] if board is None else [board]), *listeners]
            history = run.go(resume=resume, progress=progress, listeners=heard_by)
        run.save(output)
    return history
