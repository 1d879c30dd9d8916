from pathlib import Path

import pytest

from danq.errors import InputError, counted, quoted, suggestion


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CTCF-α", '"CTCF-α"'),
        ("a\tb\n", r'"a\tb\n"'),
        ("9" * 5000, f'"{"9" * 40}…" (5000 characters)'),
        (1.5, '"1.5"'),
        ("é".encode(), '"é"'),
        (b"a\xff\x1b", r'"a\xff\x1b"'),
        (Path("a\udcff"), r'"a\xff"'),
        (10**5000, '"a very large number"'),
    ],
    ids=["Short", "Controls", "Long", "Number", "Bytes", "NotUtf8", "Path", "ManyDigits"],
)
def test_quoted_values_are_short_and_on_one_line(text, shown):
    assert quoted(text) == shown


@pytest.mark.parametrize(
    ("word", "end"),
    [
        ("epoch", '; did you mean "epochs"?'),
        ("Batch_Size", '; did you mean "batch_size"?'),
        ("banana", ""),
        ("", ""),
        ("x" * 10**6, ""),
    ],
)
def test_suggestion_names_the_closest(word, end):
    assert suggestion(word, ["epochs", "batch_size", "seed"]) == end


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 bases"), (1, "1 base"), (2, "2 bases"), (2340, "2,340 bases")]
)
def test_one_thing_is_not_several(number, words):
    assert counted(number, "base") == words


def test_a_path_shows_no_control_characters():
    error = InputError("is empty", path=Path("a\n\udcff.fa"), line=3)
    assert str(error) == r"a\n\xff.fa, line 3: is empty"
