from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danq.errors import InputError
from danq.genome import decode, encode, one_hot, reverse_complement


def test_letters_of_either_case_become_codes():
    assert encode("ACGTacgtUuNnRy").tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 3, 3, 4, 4, 4, 4]


def test_a_letter_that_is_no_base_is_named_with_its_place():
    with pytest.raises(InputError, match=r'found "E" at position 2, expected an IUPAC base'):
        encode("ACE")


@given(st.text("ACGTN"))
def test_decoding_undoes_encoding(text):
    assert decode(encode(text)) == text


def test_reverse_complement_of_a_hand_worked_case():
    assert decode(reverse_complement(encode("AACGTN"))) == "NACGTT"


@given(st.lists(st.text("ACGTN", min_size=6, max_size=6), min_size=1))
def test_reverse_complement_works_on_rows_and_undoes_itself(rows):
    codes = np.stack([encode(row) for row in rows])
    turned = reverse_complement(codes)
    assert np.array_equal(turned[0], reverse_complement(codes[0]))
    assert np.array_equal(reverse_complement(turned), codes)


def test_one_hot_rows_follow_the_alphabet():
    rows = one_hot(encode("CN"))
    assert rows.dtype == np.float32
    assert rows.tolist() == [[0, 1, 0, 0], [0, 0, 0, 0]]
    assert one_hot(encode("N"), unknown=0.25).tolist() == [[0.25] * 4]


@given(st.text("ACGTN", min_size=1))
def test_reverse_complement_of_one_hot_reverses_both_axes(text):
    codes = encode(text)
    assert np.array_equal(one_hot(reverse_complement(codes)), one_hot(codes)[::-1, ::-1])


@given(st.integers(0, 70_000), st.sampled_from([np.float16, np.float32, np.int8]))
def test_one_hot_into_an_array_that_is_there(length, dtype):
    codes = np.random.default_rng(length).integers(0, 5, (2, length), dtype=np.uint8)
    out = np.full((2, length, 4), 9, dtype)
    assert one_hot(codes, out=out) is out
    assert np.array_equal(out, np.eye(5)[codes][..., :4])


@pytest.mark.parametrize(
    "out",
    [
        pytest.param(np.zeros((3, 4), np.float32), id="TooShort"),
        pytest.param(np.zeros((4, 4), np.float32).T, id="ChannelsFirst"),
        pytest.param(np.zeros((4, 8), np.float32)[:, ::2], id="InPieces"),
    ],
)
def test_an_array_that_one_hot_cannot_fill_is_refused(out):
    with pytest.raises(ValueError, match=r"expected a C-contiguous array of shape \(4, 4\)"):
        one_hot(encode("ACGT"), out=out)
