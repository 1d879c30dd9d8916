"""Damaged files of weights and motifs: the numbers of the file, or one sentence."""

from __future__ import annotations

import io

import numpy as np
import pytest

from danq.models.motifs.files import read_motifs
from danq.models.published.theano import read_theano
from tests.fuzz.conftest import CASES
from tests.fuzz.mutations import mutate
from tests.models.published import files

MEME = b"""MEME version 4

ALPHABET= ACGT

strands: + -

MOTIF MA0001.1 AGL3
letter-probability matrix: alength= 4 w= 3 nsites= 97 E= 0
 0.25  0.25  0.25  0.25
 0.10  0.20  0.30  0.40
 0.00  1.00  0.00  0.00
"""
JASPAR = b""">MA0001.1\tAGL3
A  [ 0 3 79 ]
C  [ 94 75 4 ]
G  [ 1 0 3 ]
T  [ 2 19 11 ]
"""


@pytest.fixture(scope="module")
def keras_0_2(tmp_path_factory):
    """Weights of DanQ as Keras 0.2 wrote them."""
    path = tmp_path_factory.mktemp("theano") / "w.hdf5"
    files.write_danq(path, files.danq_layers(files.DANQ, positions=2, hidden=3, outputs=2))
    return path.read_bytes()


def test_weights_of_keras_0_2(fuzz, keras_0_2, tmp_path):
    def case(random):
        (tmp_path / "w.hdf5").write_bytes(mutate(keras_0_2, random))
        weights = read_theano(tmp_path / "w.hdf5", "danq", backward="reversed")
        for arrays in weights.layers.values():
            assert all(np.isfinite(array).all() for array in arrays)

    fuzz(case, number=max(1, CASES // 3))


def test_state_dicts_of_pytorch(fuzz, tmp_path):
    torch = pytest.importorskip("torch")
    from danq.models.published.pytorch import read_state_dict

    whole = []
    for is_zip in (True, False):
        data = io.BytesIO()
        state = {"0.weight": torch.ones(3, 4, 1, 8), "0.bias": torch.ones(3)}
        torch.save(state, data, _use_new_zipfile_serialization=is_zip)
        whole.append(data.getvalue())

    def case(random):
        (tmp_path / "w.pth").write_bytes(mutate(whole[random.integers(2)], random))
        arrays = read_state_dict(tmp_path / "w.pth")
        assert all(isinstance(array, np.ndarray) for array in arrays.values())

    fuzz(case)


@pytest.mark.parametrize("text", [MEME, JASPAR], ids=["MEME", "JASPAR"])
def test_motif_files(fuzz, tmp_path, text):
    def case(random):
        (tmp_path / "motifs.txt").write_bytes(mutate(text, random))
        for motif in read_motifs(tmp_path / "motifs.txt"):
            assert motif.frequencies.shape[1] == 4
            np.testing.assert_allclose(motif.frequencies.sum(axis=1), 1, atol=1e-6)
            assert not any(letter < " " or letter == "\u202e" for letter in motif.name)

    fuzz(case)
