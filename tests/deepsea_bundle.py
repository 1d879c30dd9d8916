"""Small files in the layout of DeepSEA's bundle, made letter by letter with NumPy, h5py, scipy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from scipy.io import savemat

_OTHER = dict(zip("ACGTN", "TGCAN", strict=True))


def other_strand(text: str) -> str:
    return "".join(_OTHER[letter] for letter in reversed(text))


def one_hot(texts: list[str]) -> np.ndarray:
    """uint8 (n, 4, length), channels A, G, C, T, as the authors have it."""
    letters = np.array([list(text) for text in texts])
    return np.stack([letters == base for base in "AGCT"], axis=1).astype(np.uint8)


@dataclass
class Split:
    """Windows of one strand as letters, and their labels (n, targets)."""

    texts: list[str]
    labels: np.ndarray

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Both strands, forward block first, in MATLAB's dimensions."""
        both = self.texts + [other_strand(text) for text in self.texts]
        return {f"{name}xdata": one_hot(both), f"{name}data": np.tile(self.labels, (2, 1))}


def random_split(seed: int, count: int, window: int, targets: int, *, share: float = 0.3) -> Split:
    random = np.random.default_rng(seed)
    letters = random.choice(list("ACGTN"), (count, window), p=[0.24] * 4 + [0.04])
    labels = (random.random((count, targets)) < share).astype(np.uint8)
    return Split(["".join(row) for row in letters], labels)


def write_v73(path: Path, arrays: dict[str, np.ndarray], **layout) -> Path:
    """HDF5 behind MATLAB's header, dimensions reversed, as MATLAB -v7.3 writes them."""
    chunks = layout.pop("chunks", None)
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, array in arrays.items():
            turned = array.transpose()
            pieces = chunks
            if isinstance(chunks, tuple):
                wanted = (chunks[0], chunks[-1]) if turned.ndim == 2 else chunks
                pieces = tuple(min(pair) for pair in zip(wanted, turned.shape, strict=True))
            created = file.create_dataset(name, data=turned, chunks=pieces, **layout)
            created.attrs["MATLAB_class"] = np.bytes_("uint8")
    with open(path, "r+b") as raw:
        header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 ."
        raw.write(header.ljust(124) + b"\x00\x02IM")
    return path


def write_bundle(folder: Path, splits: dict[str, Split], *, compressed: bool = True) -> list[Path]:
    """train.mat of version 7.3, valid.mat and test.mat of version 5."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, split in splits.items():
        paths.append(folder / f"{name}.mat")
        if name == "train":
            write_v73(paths[-1], split.arrays(name), chunks=(10, 4, 8), compression="gzip")
        else:
            savemat(paths[-1], split.arrays(name), do_compression=compressed)
    return paths
