"""Kernels that start from motifs, against a construction in plain NumPy."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import danq
from danq.errors import InputError
from danq.models import read_motifs, start_from_motifs
from danq.models.motifs.kernels import Motif

EXAMPLE = Path(__file__).parents[2] / "data" / "motifs.meme"


def _network(width=0.02):
    return danq.models.danq(sequence_length=60, outputs=1, width=width)


def _convolution(width, filters):
    """No more than the layer that the motifs go into."""
    layers = [keras.Input((40, 4)), keras.layers.Conv1D(filters, width)]
    return keras.Sequential(layers)


def _random_motif(length, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(4) * 0.2, length)


def _weights(network):
    layer = next(item for item in network.layers if isinstance(item, keras.layers.Conv1D))
    return [np.array(array) for array in layer.get_weights()]


def _constructed(motifs, placements, kernel):
    """Write down the kernels from where they say that the motifs stand."""
    expected = kernel.copy()
    for placed in placements:
        matrix = motifs[placed.motif].frequencies
        matrix = matrix[placed.start : placed.start + len(kernel)]
        if placed.strand == "-":
            matrix = matrix[::-1, [3, 2, 1, 0]]
        expected[:, :, placed.kernel] = 0
        for position, row in enumerate(matrix):
            expected[placed.offset + position, :, placed.kernel] = row - 0.25
    return expected


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 14), min_size=1, max_size=9),
    width=st.integers(3, 10),
    filters=st.integers(2, 16),
    share=st.sampled_from([0.2, 0.5, 1.0]),
    strands=st.sampled_from(["both", "forward"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_kernels_are_those_of_a_construction_by_hand(lengths, width, filters, share, strands, seed):
    motifs = [Motif(str(n), _random_motif(length, n)) for n, length in enumerate(lengths)]
    network = _convolution(width, filters)
    kernel, bias = _weights(network)
    copies = {"both": 2, "forward": 1}[strands]
    assume(share * filters >= copies)
    result = start_from_motifs(network, motifs, share=share, strands=strands, seed=seed)
    new_kernel, new_bias = _weights(network)
    used = min(len(motifs), int(share * filters) // copies)

    np.testing.assert_allclose(
        new_kernel, _constructed(motifs, result.placements, kernel), atol=1e-7
    )
    taken = [placed.kernel for placed in result.placements]
    assert taken == list(range(used * copies))
    assert Counter(p.motif for p in result.placements) == dict.fromkeys(
        sorted({p.motif for p in result.placements}), copies
    )
    assert len(result.used) == used
    assert Counter(result.used + result.left_out) == Counter(motif.name for motif in motifs)
    assert result.cut == [name for name in result.used if lengths[int(name)] > width]
    assert ((new_bias[taken] > -1) & (new_bias[taken] < 0)).all()
    untouched = np.delete(np.arange(filters), taken)
    assert np.array_equal(new_bias[untouched], bias[untouched])
    assert np.array_equal(new_kernel[..., untouched], kernel[..., untouched])


def test_places_and_biases_are_drawn_evenly():
    motifs = [Motif(str(number), _random_motif(6, number)) for number in range(2000)]
    network = _convolution(15, 2000)
    result = start_from_motifs(network, motifs, share=1.0, strands="forward")
    offsets = np.bincount([placed.offset for placed in result.placements], minlength=10)
    assert len(offsets) == 10
    assert offsets.min() > 150
    assert offsets.max() < 250
    quarters = np.histogram(_weights(network)[1], bins=[-1, -0.75, -0.5, -0.25, 0])[0]
    assert quarters.min() > 430
    assert quarters.max() < 570


def test_long_motifs_are_cut_to_their_most_informative_stretch(caplog):
    matrix = np.full((40, 4), 0.25)
    matrix[8:34] = _random_motif(26)
    network = _network()
    with caplog.at_level(logging.INFO, logger="danq"):
        result = start_from_motifs(
            network, [Motif("long", matrix), Motif("m", matrix[:5])], share=1.0
        )
    np.testing.assert_allclose(_weights(network)[0][:, :, 0], matrix[8:34] - 0.25, atol=1e-6)
    assert result.cut == ["long"]
    assert result.placements[0].start == 8
    assert "1 motif longer than 26 bases, cut to the most informative" in caplog.text
    assert caplog.text.count("stretch: long\n") == 1


def test_the_share_and_the_strands_decide_how_many_motifs_find_room(caplog):
    motifs = [Motif(str(number), _random_motif(8, number)) for number in range(50)]
    with caplog.at_level(logging.INFO, logger="danq"):
        result = start_from_motifs(_network(0.1), motifs)
    assert (len(result.used), len(result.left_out)) == (8, 42)
    assert "8 of 50 motifs find room in 32 kernels, 42 do not: " in caplog.text
    assert "and 22 more" in caplog.text
    assert len(start_from_motifs(_network(0.1), motifs, strands="forward").used) == 16
    assert len(start_from_motifs(_network(0.1), motifs, share=1.0).used) == 16
    assert len(start_from_motifs(_network(0.1), motifs, share=1.0, strands="forward").used) == 32


def test_the_seed_decides_everything():
    motifs = [Motif(str(number), _random_motif(8, number)) for number in range(50)]
    networks = [_convolution(26, 32) for _ in range(3)]
    start = networks[0].get_weights()
    for network in networks:
        network.set_weights(start)
    results = [
        start_from_motifs(network, motifs, seed=seed)
        for network, seed in zip(networks, (3, 3, 4), strict=True)
    ]
    one, same, other = (_weights(network) for network in networks)
    assert results[0] == results[1]
    assert results[0].used != results[2].used
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_papers_recipe_at_the_papers_size(caplog):
    """1,024 kernels of 30, half of them with a motif each, as many as the file has."""
    motifs = read_motifs(EXAMPLE)
    many = [Motif(f"{m.name} {n}", m.frequencies) for n in range(60) for m in motifs]
    many[3] = Motif("too long", _random_motif(33))
    network = danq.models.danq_jaspar(sequence_length=60, outputs=1)
    with caplog.at_level(logging.INFO, logger="danq"):
        result = start_from_motifs(network, many, strands="forward", seed=2)
    kernel, bias = _weights(network)
    assert kernel.shape == (30, 4, 1024)
    assert len(result.used) == min(512, len(many))
    np.testing.assert_allclose(kernel, _constructed(many, result.placements, kernel), atol=1e-7)
    assert np.count_nonzero(bias) == 512
    assert f"512 of {len(many)} motifs find room in 1024 kernels" in caplog.text
    assert ("too long" in result.used) == (result.cut == ["too long"])


def test_what_cannot_start_from_motifs_is_named():
    motifs = [Motif("m", _random_motif(5))]
    for share in (0, -1, 1.5, float("nan")):
        with pytest.raises(InputError, match=f"found motif share {share}, expected more than 0"):
            start_from_motifs(_network(), motifs, share=share)
    with pytest.raises(InputError, match='found motif strands "reverse", expected both or forward'):
        start_from_motifs(_network(), motifs, strands="reverse")
    proteins = danq.models.danq(sequence_length=60, channels=20, outputs=1, width=0.02)
    with pytest.raises(InputError, match="no convolution over DNA"):
        start_from_motifs(proteins, motifs)
    plain = keras.Sequential(
        [keras.Input((9, 4)), keras.layers.Conv1D(2, 5, use_bias=False, name="c")]
    )
    with pytest.raises(InputError, match='the convolution "c" has no bias'):
        start_from_motifs(plain, motifs)


def test_a_share_without_room_for_a_motif_is_refused():
    motifs = [Motif("m", np.full((4, 4), 0.25))]
    with pytest.raises(InputError, match=r"found motif share 0\.01, expected room for a motif"):
        start_from_motifs(_network(), motifs, share=0.01)
