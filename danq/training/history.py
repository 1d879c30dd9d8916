"""The history of a training run: a row an epoch, as a table and as a picture."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields

from danq.outputs import whole


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to.

    Attributes
    ----------
    epoch
        From 1.
    loss
        Mean binary cross-entropy of the training batches (dropout on, nats a target).
    val_loss
        The same on the validation windows, dropout off, forward strand.
    learning_rate
        At the end of the epoch.
    seconds
        Wall time, validation included.
    """

    epoch: int
    loss: float
    val_loss: float
    learning_rate: float
    seconds: float


class History:
    """All epochs so far, and which was best."""

    def __init__(self, epochs: list[Epoch] | None = None) -> None:
        self.epochs = list(epochs or [])

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def best(self) -> Epoch:
        """The epoch with the lowest validation loss, the first of equals."""
        return min(self.epochs, key=lambda epoch: epoch.val_loss)

    def stalled(self) -> int:
        """Count the epochs since the best one."""
        return self.epochs[-1].epoch - self.best.epoch if self.epochs else 0

    def records(self) -> list[dict[str, float]]:
        """Give the rows as plain numbers."""
        return [asdict(epoch) for epoch in self.epochs]

    def write_table(self, path: str | os.PathLike[str]) -> None:
        """Write a tab-separated table, a row an epoch."""
        with whole(path) as partial, open(partial, "w", encoding="utf-8") as out:
            out.write("\t".join(field.name for field in fields(Epoch)) + "\n")
            for row in self.epochs:
                values = (row.loss, row.val_loss, row.learning_rate)
                numbers = "\t".join(f"{value:.6g}" for value in values)
                out.write(f"{row.epoch}\t{numbers}\t{row.seconds:.1f}\n")

    def write_picture(self, path: str | os.PathLike[str], *, title: str) -> None:
        """Draw both losses over the epochs, the best one marked.

        Parameters
        ----------
        path
            The picture; its suffix says the format.
        title
            The name of the model.
        """
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

        figure = Figure(figsize=(6.4, 3.8), layout="constrained")
        axes = figure.add_subplot()
        numbers = [row.epoch for row in self.epochs]
        axes.plot(numbers, [row.loss for row in self.epochs], "o-", ms=4, label="training")
        axes.plot(numbers, [row.val_loss for row in self.epochs], "s-", ms=4, label="validation")
        best = self.best
        axes.plot(best.epoch, best.val_loss, "o", ms=12, mfc="none", mec="black", mew=1.5)
        axes.annotate(
            f"kept: epoch {best.epoch}, {best.val_loss:.4f}",
            (best.epoch, best.val_loss),
            xytext=(0, -18),
            textcoords="offset points",
            ha="right" if best.epoch > numbers[-1] / 2 else "left",
        )
        axes.margins(y=0.15)
        axes.set(xlabel="epoch", ylabel="binary cross-entropy", title=f"{title}: training history")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False)
        with whole(path) as partial:
            figure.savefig(partial, dpi=150)
