"""tangermeme's saturation mutagenesis; run by `benchmarks/mutagenesis.py`, not by hand.

It runs in a Python of its own that has tangermeme. The network is built in PyTorch from the kinds
of its layers and Keras's weights. Prints two lines, without and with the sharing that tangermeme
calls fast (made to try it however short the job is): substitutions, seconds by the clock and of the
processor, and whether it was taken. The first counts the middle 200 positions of both strands, the
second the whole windows. The logits of the first strand's go to LOGITS.npy.

    python tangermeme_mutagenesis.py LAYERS.json WEIGHTS.npz CODES.npy LOGITS.npy BATCH
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from tangermeme import saturation_mutagenesis as peer
from torch import nn

MIDDLE = 200


class Network(nn.Module):
    """A chain of layers, from (batch, 4, length) one-hot to logits."""

    def __init__(self, layers: list[list[Any]], arrays: list[np.ndarray]) -> None:
        super().__init__()
        self.parts = nn.ModuleList()
        weights = iter([torch.from_numpy(array) for array in arrays])
        self.kinds = [kind for kind, *_ in layers]
        for kind, *numbers in layers:
            self.parts.append(_PARTS[kind](weights, *numbers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        for kind, part in zip(self.kinds, self.parts, strict=True):
            x = part(x.transpose(1, 2))[0] if kind == "lstm" else part(x)
        return x


def _convolution(weights: Iterator[torch.Tensor], padding: str) -> nn.Module:
    kernel, bias = next(weights), next(weights)
    width, inputs, filters = kernel.shape
    layer = nn.Conv1d(inputs, filters, width, padding=padding)
    layer.weight.data, layer.bias.data = kernel.permute(2, 1, 0).contiguous(), bias
    return layer


def _lstm(weights: Iterator[torch.Tensor]) -> nn.Module:
    arrays = [next(weights) for _ in range(6)]
    layer = nn.LSTM(len(arrays[0]), len(arrays[1]), batch_first=True, bidirectional=True)
    for ending, (kernel, recurrent, bias) in (("", arrays[:3]), ("_reverse", arrays[3:])):
        getattr(layer, f"weight_ih_l0{ending}").data = kernel.T.contiguous()
        getattr(layer, f"weight_hh_l0{ending}").data = recurrent.T.contiguous()
        getattr(layer, f"bias_ih_l0{ending}").data = bias
        getattr(layer, f"bias_hh_l0{ending}").data = torch.zeros_like(bias)
    return layer


def _dense(weights: Iterator[torch.Tensor], positions: int) -> nn.Module:
    """Build a dense layer; behind a convolution of `positions` PyTorch has these last."""
    kernel, bias = next(weights), next(weights)
    if positions:
        units = kernel.shape[1]
        kernel = kernel.reshape(positions, -1, units).permute(1, 0, 2).reshape(-1, units)
    layer = nn.Linear(*kernel.shape)
    layer.weight.data, layer.bias.data = kernel.T.contiguous(), bias
    return layer


_PARTS: dict[str, Callable[..., nn.Module]] = {
    "convolution": _convolution,
    "pool": lambda _, size: nn.MaxPool1d(size),
    "relu": lambda _: nn.ReLU(),
    "lstm": _lstm,
    "flatten": lambda _: nn.Flatten(),
    "dense": _dense,
}


def main() -> None:
    """Time both ways."""
    layers, weights, codes, logits, batch = sys.argv[1:]
    with open(layers, encoding="utf-8") as file:
        network = Network(json.load(file), list(np.load(weights).values())).eval()
    one_hot = torch.from_numpy(np.eye(4, dtype=np.float32)[np.load(codes)].transpose(0, 2, 1))
    length = one_hot.shape[2]
    peer._FAST_MIN_SECONDS = 0
    warm = {"raw_outputs": True, "batch_size": int(batch), "device": "cpu"}
    peer.saturation_mutagenesis(network, one_hot[:1], start=0, end=20, fast=False, **warm)
    first = (length - MIDDLE) // 2
    for fast, start, end in ((False, first, first + MIDDLE), (True, 0, length)):
        begun = time.perf_counter(), time.process_time()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = peer.saturation_mutagenesis(
                network, one_hot, start=start, end=end, fast=fast, **warm
            )
        taken = time.perf_counter() - begun[0], time.process_time() - begun[1]
        if not fast:
            np.save(logits, found.y_hat[0].numpy())
        refused = [str(each.message) for each in caught if "fast=" in str(each.message)]
        why = refused[0].replace("\n", " ") if refused else "yes"
        print("RESULT", len(one_hot) * (end - start) * 3, *taken, why)


if __name__ == "__main__":
    main()
