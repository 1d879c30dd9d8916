from __future__ import annotations

import logging

import numpy as np
import pytest

import danq
from danq.errors import InputError
from danq.models import read_motifs, start_from_motifs
from danq.models.motifs import Motif

MEME = """MEME version 4

ALPHABET= ACGT

strands: + -

MOTIF M1 first
letter-probability matrix: alength= 4 w= 3
 0.123  0.456  0.321  0.100
 1.000  0.000  0.000  0.000
 0.000  0.000  0.000  1.000

MOTIF M2 second
letter-probability matrix: alength= 4 w= 2 nsites= 40 E= 0
 0.250  0.250  0.250  0.250
 0.000  1.000  0.000  0.000
"""
JASPAR = """>MA1 first
A [ 1 0 ]
C [ 3 0 ]
G [ 0 0 ]
T [ 0 8 ]
"""


def _network(width=0.02):
    return danq.models.danq(sequence_length=60, outputs=1, width=width)


def _random_motif(length, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(4) * 0.2, length)


def test_meme_frequencies_are_read_exactly(tmp_path):
    (tmp_path / "m.meme").write_text(MEME)
    first, second = read_motifs(tmp_path / "m.meme")
    expected = [[0.123, 0.456, 0.321, 0.1], [1, 0, 0, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(first.frequencies, expected, atol=1e-5)
    assert second.frequencies.tolist() == [[0.25] * 4, [0, 1, 0, 0]]


def test_jaspar_counts_become_frequencies(tmp_path):
    (tmp_path / "m.jaspar").write_text(JASPAR)
    (motif,) = read_motifs(tmp_path / "m.jaspar")
    assert motif.frequencies.tolist() == [[0.25, 0.75, 0, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no MEME or JASPAR motifs"),
        ("chr1\t5\t6\n", "holds no MEME or JASPAR motifs"),
        (JASPAR.replace("8", "0"), 'motif "first" has a position without counts'),
    ],
)
def test_what_is_no_motif_file_is_refused(tmp_path, text, message):
    (tmp_path / "m.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        read_motifs(tmp_path / "m.txt")
    with pytest.raises(InputError, match="cannot be read"):
        read_motifs(tmp_path / "absent.meme")


def test_a_motif_takes_two_kernels_one_for_either_strand():
    network = _network()
    before, bias_before = network.get_layer("convolution_1").get_weights()
    matrix = _random_motif(10)
    assert start_from_motifs(network, [Motif("m", matrix)]) == ["m"]
    kernel, bias = network.get_layer("convolution_1").get_weights()
    for column, strand in ((0, matrix), (1, matrix[::-1, ::-1])):
        place = np.flatnonzero(kernel[:, :, column].any(axis=1))[0]
        np.testing.assert_allclose(kernel[place : place + 10, :, column], strand - 0.25, atol=1e-6)
        assert not kernel[:place, :, column].any()
        assert not kernel[place + 10 :, :, column].any()
        assert -1 < bias[column] <= 0
    assert np.array_equal(kernel[:, :, 2:], before[:, :, 2:])
    assert np.array_equal(bias[2:], bias_before[2:])


def test_long_motifs_are_cut_to_their_most_informative_stretch(caplog):
    matrix = np.full((40, 4), 0.25)
    matrix[8:34] = _random_motif(26)
    network = _network()
    with caplog.at_level(logging.INFO, logger="danq"):
        start_from_motifs(network, [Motif("long", matrix)])
    kernel = network.get_layer("convolution_1").get_weights()[0]
    np.testing.assert_allclose(kernel[:, :, 0], matrix[8:34] - 0.25, atol=1e-6)
    assert "1 motifs are longer than 26 bases and cut: long" in caplog.text


def test_the_share_and_the_seed_decide_which_motifs_are_used(caplog):
    motifs = [Motif(str(number), _random_motif(8, number)) for number in range(50)]
    with caplog.at_level(logging.INFO, logger="danq"):
        used = start_from_motifs(_network(0.1), motifs, share=0.5, seed=3)
    assert len(used) == 8
    assert "8 of 50 motifs find room in 32 kernels" in caplog.text
    assert used == start_from_motifs(_network(0.1), motifs, share=0.5, seed=3)
    assert used != start_from_motifs(_network(0.1), motifs, share=0.5, seed=4)
    assert len(start_from_motifs(_network(0.1), motifs, share=1.0)) == 16


def test_what_cannot_start_from_motifs_is_named():
    motifs = [Motif("m", _random_motif(5))]
    with pytest.raises(InputError, match="found motif share 0, expected"):
        start_from_motifs(_network(), motifs, share=0)
    proteins = danq.models.danq(sequence_length=60, channels=20, outputs=1, width=0.02)
    with pytest.raises(InputError, match="no convolution over DNA"):
        start_from_motifs(proteins, motifs)
