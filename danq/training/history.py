"""The history of a training run: a row per epoch, as a table and as a picture."""

import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from danq.errors import counted
from danq.outputs import whole
from danq.pages import write_table
from danq.paths import StrPath
from danq.plotting import (
    FIGURE_SUFFIXES,
    GRID,
    MUTED,
    PALETTE,
    RC,
    caption,
    in_danqs_look,
    new_figure,
    save,
)


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to.

    Attributes
    ----------
    epoch
        From 1.
    loss
        Mean binary cross-entropy of the training batches (dropout on, nats a target).
    val_loss, val_roc_auc, val_pr_auc
        On the validation windows, as in `danq.training.validation.Validation`.
    learning_rate
        At the end of the epoch.
    seconds
        Wall time, validation included.
    """

    epoch: int
    loss: float
    val_loss: float
    val_roc_auc: float
    val_pr_auc: float
    learning_rate: float
    seconds: float


MONITORS = {"loss": "loss", "pr_auc": "PR AUC"}
"""What an epoch may be judged by, and how people call it."""


class History:
    """All epochs so far, and which was best.

    Parameters
    ----------
    epochs
        Those done before.
    monitor
        A key of `MONITORS`.
    """

    def __init__(self, epochs: Sequence[Epoch] = (), *, monitor: str = "loss") -> None:
        self.epochs = list(epochs)
        self.monitor = monitor

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def best(self) -> Epoch:
        """The epoch with the lowest loss or the highest PR AUC, the first of equals."""
        if self.monitor == "pr_auc":
            return max(self.epochs, key=lambda epoch: epoch.val_pr_auc)
        return min(self.epochs, key=lambda epoch: epoch.val_loss)

    def sentence(self) -> str:
        """Return which epoch was kept, with its figures on the validation windows."""
        best = self.best
        return (
            f"epoch {best.epoch} of {len(self)} was kept (validation loss {best.val_loss:.5f}, "
            f"ROC AUC {best.val_roc_auc:.3f}, PR AUC {best.val_pr_auc:.3f})"
        )

    def __repr__(self) -> str:
        kept = f"epoch {self.best.epoch} kept" if self.epochs else "none kept"
        return f"<History: {counted(len(self), 'epoch')}, {kept}>"

    def judged(self) -> list[float]:
        """Return what each epoch is judged by, lower for the better."""
        if self.monitor == "pr_auc":
            return [-epoch.val_pr_auc for epoch in self.epochs]
        return [epoch.val_loss for epoch in self.epochs]

    def stalled(self) -> int:
        """Count the epochs since the best one."""
        return self.epochs[-1].epoch - self.best.epoch if self.epochs else 0

    def records(self) -> list[dict[str, float]]:
        """Return the rows as plain numbers."""
        return [asdict(epoch) for epoch in self.epochs]

    def table(self) -> str:
        """Return a tab-separated table, one row per epoch."""
        lines = ["\t".join(field.name for field in fields(Epoch))]
        for row in self.epochs:
            values = (row.loss, row.val_loss, row.val_roc_auc, row.val_pr_auc)
            numbers = "\t".join(_number(value) for value in (*values, row.learning_rate))
            lines.append(f"{row.epoch}\t{numbers}\t{row.seconds:.1f}")
        return "".join(f"{line}\n" for line in lines)

    def write_table(self, stem: StrPath, *, title: str) -> None:
        """Write the table as `stem`.tsv, and as a page on which it sorts, `stem`.html."""
        path = Path(f"{os.fspath(stem)}.tsv")
        with whole(path) as partial:
            partial.write_text(self.table(), encoding="utf-8", newline="\n")
        write_table(
            path.with_suffix(".html"),
            self.table(),
            title=f"{title}: training history",
            note=f"One row per epoch; epoch {self.best.epoch} was kept.",
            source=path.name,
        )

    def write_picture(self, stem: StrPath, *, title: str) -> None:
        """Draw losses and validation AUCs over the epochs, the epoch that was kept marked.

        Parameters
        ----------
        stem
            The picture is written as `stem`.png, .svg and .pdf.
        title
            The name of the model.
        """
        save(self._figure(title), stem)

    @in_danqs_look
    def _figure(self, title: str) -> Any:
        figure = new_figure((7.2, 2.7))
        left, right = figure.subplots(1, 2)
        self._draw(left, {"training": "loss", "validation": "val_loss"})
        left.set_ylabel("binary cross-entropy")
        self._draw(right, {"ROC AUC": "val_roc_auc", "PR AUC": "val_pr_auc"})
        right.set_ylabel("validation, mean over targets")
        figure.suptitle(
            f"{caption(title, 60)}: epoch {self.best.epoch} of {len(self)} was kept",
            fontsize=RC["font.size"],
        )
        return figure

    def _draw(self, axes: Any, curves: dict[str, str]) -> None:
        from matplotlib.ticker import MaxNLocator

        numbers = [row.epoch for row in self.epochs]
        looks = zip(PALETTE, "os", strict=False)
        for (label, field), (colour, marker) in zip(curves.items(), looks, strict=True):
            values = [getattr(row, field) for row in self.epochs]
            (line,) = axes.plot(numbers, values, f"{marker}-", label=label)
            line.set(color=colour, markersize=3, linewidth=1.1)
        axes.axvline(self.best.epoch, color=MUTED, linewidth=0.8, linestyle="dashed", label="kept")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(color=GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.legend()


def _number(value: float) -> str:
    return "NA" if math.isnan(value) else f"{value:.6g}"


def files_of(model: Path) -> tuple[Path, ...]:
    """Return all files that a run writes: the model, its checkpoint and its history."""
    return (model, model.with_suffix(".checkpoint"), *files_beside(model))


def files_beside(model: Path) -> tuple[Path, ...]:
    """Return the files of a model's history, which lie in its folder: tables, then pictures."""
    suffixes = ("tsv", "html", *FIGURE_SUFFIXES)
    return tuple(model.with_suffix(f".history.{suffix}") for suffix in suffixes)
