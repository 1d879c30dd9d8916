"""DeepSEA in PyTorch through Selene's variant scoring; run by `benchmarks/score.py`, not by hand.

It runs in a Python of its own that has selene-sdk. The architecture is that of
`danq.models.deepsea` with the weights it is given, wrapped for both strands; differences and logits
of all targets are written to HDF5. Prints the seconds, by the clock and of the processor, that
reading the VCF, predicting and writing took.

    python selene_variants.py WEIGHTS.npz GENOME.fa IN.vcf FOLDER BATCH
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

warnings.simplefilter("ignore")

from selene_sdk.predict import AnalyzeSequences  # noqa: E402
from selene_sdk.sequences import Genome  # noqa: E402
from selene_sdk.utils import NonStrandSpecific  # noqa: E402


def deepsea(filters: list[int], positions: int, hidden: int, outputs: int) -> nn.Module:
    """Build DeepSEA: (batch, 4, length) one-hot to probabilities."""
    first, second, third = filters
    return nn.Sequential(
        nn.Conv1d(4, first, 8),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Conv1d(first, second, 8),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Conv1d(second, third, 8),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(positions * third, hidden),
        nn.ReLU(),
        nn.Linear(hidden, outputs),
        nn.Sigmoid(),
    )


def main() -> None:
    """Load, score, print the seconds."""
    weights, genome, vcf, folder, batch = sys.argv[1:]
    arrays = [torch.from_numpy(array) for array in np.load(weights).values()]
    filters = [len(bias) for bias in arrays[1:6:2]]
    hidden, outputs = len(arrays[7]), len(arrays[9])
    network = deepsea(filters, arrays[6].shape[1] // filters[2], hidden, outputs)
    state = dict(zip(network.state_dict(), arrays, strict=True))
    path = Path(folder) / "deepsea.pth"
    torch.save(state, path)
    scoring = AnalyzeSequences(
        NonStrandSpecific(network),
        str(path),
        sequence_length=1000,
        features=[f"target{number}" for number in range(outputs)],
        batch_size=int(batch),
        reference_sequence=Genome(genome),
    )
    begun = time.perf_counter(), time.process_time()
    scoring.variant_effect_prediction(
        vcf, ["diffs", "logits"], output_dir=folder, output_format="hdf5"
    )
    print(time.perf_counter() - begun[0], time.process_time() - begun[1])


if __name__ == "__main__":
    main()
