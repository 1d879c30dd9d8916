"""PyTorch modules that lie in memory as the published ones do, so that their files do too.

Written from the description of the layouts; the sizes are the paper's times `width`.
"""

from __future__ import annotations

import torch
from torch import nn


class Flat(nn.Module):
    """Channels, then positions, as `view` does."""

    def forward(self, x):
        return x.reshape(x.size(0), -1)


def _sizes(width: float, *sizes: int) -> list[int]:
    return [4, *(max(1, round(size * width)) for size in sizes)]


def kipoi_deepsea(width: float, hidden: int, outputs: int, positions: int) -> nn.Sequential:
    """DeepSEA over (n, 4, 1, length); a linear layer is the second of a pair."""
    sizes = _sizes(width, 320, 480, 960)
    blocks: list[nn.Module] = []
    for number in range(3):
        blocks += [nn.Conv2d(sizes[number], sizes[number + 1], (1, 8)), nn.Threshold(0, 1e-6)]
        blocks += [nn.MaxPool2d((1, 4), (1, 4))] if number < 2 else []
        blocks += [nn.Dropout(0.2)]
    pair = nn.Sequential(nn.Identity(), nn.Linear(sizes[3] * positions, hidden))
    last = nn.Sequential(nn.Identity(), nn.Linear(hidden, outputs))
    return nn.Sequential(*blocks, Flat(), pair, nn.Threshold(0, 1e-6), last, nn.Sigmoid())


class SeleneDeepSEA(nn.Module):
    """DeepSEA over (n, 4, length), as many hidden units as outputs."""

    def __init__(self, width: float, outputs: int, positions: int) -> None:
        super().__init__()
        sizes = _sizes(width, 320, 480, 960)
        blocks: list[nn.Module] = []
        for number in range(3):
            blocks += [nn.Conv1d(sizes[number], sizes[number + 1], 8), nn.ReLU()]
            blocks += [nn.MaxPool1d(4)] if number < 2 else []
            blocks += [nn.Dropout(0.2)]
        self.conv_net = nn.Sequential(*blocks)
        first, second = nn.Linear(sizes[3] * positions, outputs), nn.Linear(outputs, outputs)
        self.classifier = nn.Sequential(first, nn.ReLU(), second, nn.Sigmoid())

    def forward(self, x):
        return self.classifier(self.conv_net(x).flatten(1))


class SeleneDanQ(nn.Module):
    """Only its parameters matter."""

    def __init__(self) -> None:
        super().__init__()
        self.nnet = nn.Sequential(nn.Conv1d(4, 3, 26))
        self.bdlstm = nn.Sequential(nn.LSTM(3, 3, batch_first=True, bidirectional=True))
        self.classifier = nn.Sequential(nn.Dropout(), nn.Linear(12, 5), nn.ReLU(), nn.Linear(5, 2))


class Wrapped(nn.Module):
    """Holds a network as `model`."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x)


def beluga(width: float, hidden: int, outputs: int, positions: int) -> Wrapped:
    """Beluga over (n, 4, 1, length)."""
    sizes = _sizes(width, 320, 320, 480, 480, 640, 640)
    blocks: list[nn.Module] = []
    for number in range(6):
        blocks += [nn.Conv2d(sizes[number], sizes[number + 1], (1, 8)), nn.ReLU()]
        if number in (1, 3):
            blocks += [nn.Dropout(0.2), nn.MaxPool2d((1, 4), (1, 4))]
    dense = nn.Sequential(
        nn.Dropout(0.5),
        Flat(),
        nn.Sequential(nn.Identity(), nn.Linear(sizes[6] * positions, hidden)),
        nn.ReLU(),
        nn.Sequential(nn.Identity(), nn.Linear(hidden, outputs)),
    )
    return Wrapped(nn.Sequential(nn.Sequential(*blocks), dense, nn.Sigmoid()))


def randomised(module: nn.Module, seed: int = 0) -> nn.Module:
    """Draw weights that keep signals lively through every layer; ready to predict."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        parameters = list(module.parameters())
        for value in parameters:
            scale = (2 / value[0].numel()) ** 0.5 if value.ndim > 1 else 0.1
            value.normal_(0, 1.2 * scale, generator=generator)
        parameters[-2].mul_(0.5)
    return module.eval()
