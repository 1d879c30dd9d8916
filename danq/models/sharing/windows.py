"""Positions along a sequence: which outputs of a layer see which inputs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Positions [first, last) of a tensor's axis 1."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """Number of positions."""
        return self.last - self.first

    def clipped(self, length: int) -> "Span":
        """Return the positions that a tensor of a length has."""
        return Span(max(self.first, 0), min(self.last, length))


@dataclass(frozen=True)
class Window:
    """What the outputs of a convolution or pooling see: output j the inputs from j · stride on.

    One output sees `reach` inputs; `padding` inputs are made up before the first one.
    """

    reach: int
    stride: int
    padding: int
    outputs: int

    def sees(self, span: Span) -> Span:
        """Return the outputs that see inputs of a span; at least one."""
        first = -((self.reach - 1 - self.padding - span.first) // self.stride)
        first = min(max(first, 0), self.outputs - 1)
        last = min((span.last - 1 + self.padding) // self.stride + 1, self.outputs)
        return Span(first, max(last, first + 1))

    def seen_by(self, span: Span) -> Span:
        """Return the inputs that outputs of a span see, made-up ones included."""
        first = span.first * self.stride - self.padding
        return Span(first, (span.last - 1) * self.stride - self.padding + self.reach)

    def most(self, inputs: int) -> int:
        """Return how many outputs at most see one of a number of inputs in a row."""
        return min((inputs + self.reach - 2) // self.stride + 1, self.outputs)
