import pytest

from danq.errors import quoted, suggestion


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CTCF-α", '"CTCF-α"'),
        ("a\tb\n", r'"a\tb\n"'),
        ("9" * 5000, f'"{"9" * 40}…" (5000 characters)'),
        (1.5, '"1.5"'),
    ],
    ids=["Short", "Controls", "Long", "Number"],
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
