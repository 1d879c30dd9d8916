"""The starting point of a run, and the checks of it that need no Keras."""

from dataclasses import dataclass
from typing import Literal

from danq.dataset import Dataset
from danq.errors import InputError, quoted, suggestion
from danq.models.keras_files.metadata import metadata
from danq.models.motifs.files import read_motifs
from danq.paths import StrPath
from danq.ranges import Range, whole
from danq.training.user_function import import_function

NETWORKS = ("deepsea", "danq", "danq-jaspar", "beluga")
"""Networks that have a name."""

WIDTH = Range(above=0, most=1000)
MOTIF_SHARE = Range(above=0, most=1)
CHECKPOINT_RANGE = Range(0, 1e12)
DEVICES = whole(1, 1024)

Path = StrPath


@dataclass(frozen=True)
class Start:
    """What a run begins with, in addition to the network's name; `danq.train` describes each.

    `width` None is 1, or that of `init`; `motif_share` None is one half. `motif_strands` None is
    ``forward`` for DanQ-JASPAR, as in its paper, and ``both`` for every other network, which has a
    small data set find motifs on either strand at once.
    """

    width: float | None = None
    init: Path | None = None
    motifs: Path | None = None
    motif_share: float | None = None
    motif_strands: Literal["both", "forward"] | None = None


def check_start(model: str, dataset: Dataset, start: Start) -> None:
    """Refuse what does not fit, before Keras loads and a network is built.

    Options may exclude each other, a split be empty, or a file to begin with not fit the data set.
    """
    for split in ("train", "valid"):
        dataset.indices(split)
    check_options(start)
    if start.init is not None:
        source = metadata(start.init)
        was = {"model": model, "width": start.width, **source.training}
        for name, wanted in (("model", model), ("width", start.width)):
            if wanted not in (None, was[name]):
                raise InputError(
                    f"has {name} {was[name]}, this run asks for {wanted}", path=start.init
                )
        source.check(start.init, window=dataset.window, source="the data set has")
    elif start.motifs is not None:
        read_motifs(start.motifs)


def check_options(start: Start) -> None:
    """Refuse numbers out of range and options that exclude each other, by name."""
    for name, limits in (("width", WIDTH), ("motif_share", MOTIF_SHARE)):
        value = getattr(start, name)
        if value is not None:
            limits.check(name, value)
    if start.init is not None:
        if (start.motifs, start.motif_share, start.motif_strands) != (None, None, None):
            raise InputError("found --init and --motifs, but --init brings its own kernels")
    elif start.motifs is None and (start.motif_share, start.motif_strands) != (None, None):
        raise InputError("found --motif-share or --motif-strands without --motifs")


def check_model(model: str) -> None:
    """Refuse what is neither a network's name nor a function that could build one, saying why."""
    if model in NETWORKS:
        return
    module, _, function = model.partition(":")
    if not (module and function) or module.startswith("."):
        raise InputError(
            f"found model {quoted(model)}, expected {', '.join(NETWORKS)} or MODULE:FUNCTION"
            f"{suggestion(model, NETWORKS)}"
        )
    import_function(model)
