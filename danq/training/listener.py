"""What a run tells while it trains: the loop tells the run, and the run whoever listens to it."""

from collections.abc import Callable

from danq.training.history import Epoch


class Listener:
    """Hears of a run; methods that are not overridden do nothing.

    Steps are counted from 1, the first of the run. What a method raises ends the run, which can
    resume from its last checkpoint.
    """

    def begin(self, step: int, rate: Callable[[], float]) -> None:
        """Hear that the run starts, or resumes, after this step; `rate` gives the learning rate."""

    def wants(self, step: int) -> bool:
        """Return whether to be called, by `pause`, before the step after this one is taken.

        That waits for the device, so it should be seldom.
        """
        return False

    def step(self, step: int, loss: float) -> None:
        """Hear a step's cross-entropy, nats a target; it may come some steps later, in order."""

    def pause(self) -> None:
        """Do what was wanted, with all losses told and the network as the step left it."""

    def epoch(self, step: int, row: Epoch) -> None:
        """Hear what an epoch came to, after its last step and its validation."""
