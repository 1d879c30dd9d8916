"""Motif files of every kind that is met with, and what is refused by name."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from danq.errors import InputError
from danq.models import read_motifs

MEME = """MEME version 4

ALPHABET= ACGT

strands: + -

MOTIF M1 first
letter-probability matrix: alength= 4 w= 3
 0.123  0.456  0.321  0.100
 1.000  0.000  0.000  0.000
 0.000  0.000  0.000  1.000
URL http://example.org

MOTIF M2
letter-probability matrix: alength= 4 w= 2 nsites= 7 E= 4.1e-009
 0.250  0.250  0.250  0.250
 0.000  1.000  0.000  0.000
"""
FIRST = [[0.123, 0.456, 0.321, 0.1], [1, 0, 0, 0], [0, 0, 0, 1]]
SECOND = [[0.25] * 4, [0, 1, 0, 0]]
MATRIX = "letter-probability matrix: alength= 4 w= 3"
BRACKETED = """>MA1.1 first
A [ 1 0 ]
C [ 3 0 ]
G  [0 0]
T [ 0 8 ]
"""
RAW = ">MA1.1\tfirst\n1 0\n3\t0\n0 0\n0.0 8.0\n"
# What the MEME program itself writes: stars, long titles, other matrices, no ALPHABET at the top.
PROGRAM = """********************************************************************************
MEME - Motif discovery tool
********************************************************************************
MEME version 5.1.1 (Release date: Wed Jan 29 15:00:42 2020)

ALPHABET= ACGT
Background letter frequencies (from dataset with add-one prior applied):
A  0.294   C 0.231
G 0.176  T 0.298

MOTIF TGA MEME-1\twidth =   3  sites =  18  llr = 200  E-value = 2.3e-1
\tMotif TGA MEME-1 position-specific scoring matrix
log-odds matrix: alength= 4 w= 3 n= 140 bayes= 2 E= 1e-1
   -20     50    -80     99
letter-probability matrix: alength= 4 w= 3 nsites= 18 E= 2.3e-1
 0.000000  0.000000  0.055556  0.944444
 0.000000  0.000000  1.000000  0.000000
 1.000000  0.000000  0.000000  0.000000
--------------------------------------------------------------------------------
MOTIF  2\twidth =    1   sites =  10
letter-probability matrix: alength= 4 w= 1 nsites= 10 E= 2
 0.1 0.2 0.3 0.4
"""


def _read(tmp_path, text):
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "motifs").write_bytes(data)
    return read_motifs(tmp_path / "motifs")


@pytest.mark.parametrize(
    "text",
    [
        MEME,
        MEME.replace("\n", "\r\n"),
        gzip.compress(MEME.encode()),
        b"\xef\xbb\xbf" + MEME.encode(),
        MEME.replace("ALPHABET= ACGT\n\nstrands: + -\n\n", ""),
        MEME.replace("ALPHABET= ACGT", "ALPHABET=ACGT"),
        MEME.replace("strands: + -", "Background letter frequencies\nA 0.3 C 0.2\nG 0.2 T 0.3"),
        MEME.replace(" alength= 4 w= 3", ""),
        MEME.replace("nsites= 7", "nsites= 0"),
        MEME.replace("MOTIF M2", "# a comment\nMOTIF M2"),
        MEME.replace(f"{MATRIX}\n", f"{MATRIX}\n# a comment\n\n"),
        MEME.rstrip(),
    ],
    ids=[
        "Plain", "CarriageReturns", "Gzip", "ByteOrderMark", "NoAlphabet", "NarrowAlphabet",
        "Background", "NoLength", "NoSites", "CommentBetween", "CommentInside", "NoLastNewline",
    ],
)  # fmt: skip
def test_meme_frequencies_are_read_exactly(tmp_path, text):
    first, second = _read(tmp_path, text)
    assert (first.name, second.name) == ("M1 first", "M2")
    np.testing.assert_allclose(first.frequencies, FIRST, atol=1e-9)
    np.testing.assert_allclose(second.frequencies, SECOND, atol=1e-9)


def test_the_text_output_of_the_meme_program_is_read(tmp_path):
    first, second = _read(tmp_path, PROGRAM)
    assert (first.name, second.name) == ("TGA MEME-1", "2")
    expected = [[0, 0, 0.055556, 0.944444], [0, 0, 1, 0], [1, 0, 0, 0]]
    np.testing.assert_allclose(first.frequencies, expected, atol=1e-9)
    np.testing.assert_allclose(second.frequencies, [[0.1, 0.2, 0.3, 0.4]], atol=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        BRACKETED,
        RAW,
        BRACKETED.replace("\n", "\r\n"),
        gzip.compress(RAW.encode()),
        "\n" + BRACKETED.replace("C [", "\n# a comment\n c  ["),
    ],
    ids=["Bracketed", "Raw", "CarriageReturns", "Gzip", "BlanksAndComments"],
)
def test_jaspar_counts_become_frequencies(tmp_path, text):
    (motif,) = _read(tmp_path, text)
    assert motif.name == "MA1.1 first"
    assert motif.frequencies.tolist() == [[0.25, 0.75, 0, 0], [0, 0, 0, 1]]


def test_rounded_rows_are_made_to_add_up_to_one(tmp_path):
    (motif,) = _read(tmp_path, f"MEME version 4\nMOTIF m\n{MATRIX[:26]}\n0.4 0.4 0.12 0.12\n")
    np.testing.assert_allclose(motif.frequencies * 1.04, [[0.4, 0.4, 0.12, 0.12]])


@pytest.mark.parametrize("text", [MEME.replace("M2", "M1 first"), BRACKETED + RAW])
def test_motifs_of_one_name_are_all_kept(tmp_path, text):
    first, second = _read(tmp_path, text)
    assert first.name == second.name


NOTHING = "holds no MEME or JASPAR motifs"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", NOTHING),
        ("\n\n", NOTHING),
        (MEME[: MEME.index("MOTIF")], NOTHING),
        ("chr1\t5\t6\n", f'line 1: {NOTHING}: it begins with "chr1\\\\t5\\\\t6"'),
        ("AC  M1\nXX\nP0 A C G T\n", f"{NOTHING}: it looks like TRANSFAC"),
        ("<?xml version='1.0'?>\n", f"{NOTHING}: it looks like XML or HTML"),
        (b"\xff\xfe\x00", "is not a text file"),
        (gzip.compress(MEME.encode())[:-20], "is truncated or damaged"),
        (MEME.replace("= ACGT", "= ACGU"), r"line 3: found the alphabet ACGU \(RNA\), expected AC"),
        (MEME.replace("= ACGT", "= ACDEFGHIKLMNPQRSTVWY"), r"WY \(protein\), expected ACGT"),
        (MEME.replace("= ACGT", ' "my DNA" DNA-LIKE'), 'the alphabet "my DNA" DNA-LIKE, expected'),
        (MEME.replace("alength= 4 w= 3", "alength= 20 w= 3"), r"of 20 letters \(protein\?\)"),
        (MEME.replace("w= 3", "w= 4"), 'line 8: motif "M1 first" has 3 positions, expected w= 4'),
        (MEME.replace("w= 3", "w= 2"), 'motif "M1 first" has 3 positions, expected w= 2'),
        (MEME.replace("w= 3", "w= 0"), 'motif "M1 first" has 3 positions, expected w= 0'),
        (MEME[: MEME.index(" 0.250")], 'motif "M2" has 0 positions, expected w= 2'),
        (MEME.replace(MATRIX, "log-odds matrix:"), 'motif "M1 first" has no letter-probability'),
        (MEME.replace("0.456", "0.456 0"), "line 9: found 5 numbers, expected 4"),
        (MEME.replace("0.456", "-0.456"), 'line 9: found "-0.456", expected a number from 0 up'),
        (MEME.replace("0.456", "nan"), 'line 9: found "nan", expected'),
        (MEME.replace("0.456", "inf"), 'line 9: found "inf", expected'),
        (MEME.replace("1.000  0.000", "0.000  0.000"), 'motif "M1 first" has a position without'),
        (MEME.replace("MOTIF M2", "MOTIF"), "line 14: found a MOTIF line without a name"),
        (BRACKETED.replace("8", "0"), 'motif "MA1.1 first" has a position without counts'),
        (BRACKETED.replace("T [", "U ["), r'line 5: .* has a row U \(RNA\?\), expected T'),
        (BRACKETED.replace("C [", "A ["), "line 3: .* has a row A, expected C"),
        (BRACKETED.replace("3 0", "3"), "line 3: found 1 numbers, expected 2"),
        (BRACKETED.replace("3 0", "3 x"), 'line 3: found "x", expected a number'),
        (RAW.replace("1 0", "A 0"), 'line 2: found "A", expected a number'),
        (RAW[: RAW.rindex("0.0")], 'line 1: motif "MA1.1 first" has 3 rows, expected 4: A, C'),
        (RAW[: RAW.rindex("0.0")] + RAW, 'motif "MA1.1 first" has 3 rows'),
        (">x\nA []\nC []\nG []\nT []\n", 'motif "x" has no positions'),
        (">x\nA []\nC [1]\nG [1]\nT [1]\n", 'line 2: motif "x" has no positions'),
        (">\n1\n1\n1\n1\n", "line 1: found a header without a name"),
    ],
)  # fmt: skip
def test_what_is_no_motif_file_is_refused_by_name(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        _read(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "motifs"))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"absent\.meme: cannot be read \(No such file"):
        read_motifs(tmp_path / "absent.meme")


@pytest.mark.parametrize("row", ["0.1 0.1 0.1 0.1", "0.9 0.9 0.9 0.9"])
def test_meme_rows_are_probabilities(tmp_path, row):
    text = f"MEME version 4\n\nMOTIF m\nletter-probability matrix: w= 2\n1 0 0 0\n{row}\n"
    (tmp_path / "m.meme").write_text(text)
    with pytest.raises(InputError, match="line 6: found letter probabilities that sum to"):
        read_motifs(tmp_path / "m.meme")
