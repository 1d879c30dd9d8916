"""Whether two lines of VCF text say the same, spelled by different programs."""

import struct
from itertools import zip_longest


def difference(text: str, other: str) -> str | None:
    """Return where a line of a VCF and htslib's spelling of it differ first; None where nowhere.

    Numbers may be spelled in other ways and have float32's precision; missing values at the end of
    a sample, of a list or of INFO may be there or not.
    """
    text, other = text.rstrip("\r\n"), other.rstrip("\r\n")
    if text == other:
        return None
    one, two = text.split("\t"), other.split("\t")
    for place, (a, b) in enumerate(zip_longest(one, two, fillvalue=".")):
        split = _INFO if place == 7 else _SAMPLE if place > 8 else None
        if not (_same(a, b) if split is None else _same_items(a, b, split)):
            return f"column {place + 1}, {_shown(a)} is {_shown(b)}"
    return None


_INFO, _SAMPLE = ";", ":"


def _same_items(one: str, two: str, separator: str) -> bool:
    kept = [[item for item in text.split(separator) if item != ""] for text in (one, two)]
    return all(_same_item(a, b) for a, b in zip_longest(*kept, fillvalue="."))


def _same_item(one: str, two: str) -> bool:
    (key, _, values), (other_key, _, other_values) = one.partition("="), two.partition("=")
    if not values and not other_values:
        key, other_key, values, other_values = "", "", key, other_key
    pairs = zip_longest(values.split(","), other_values.split(","), fillvalue=".")
    return key == other_key and all(_same(a, b) for a, b in pairs)


def _same(one: str, two: str) -> bool:
    if one == two:
        return True
    try:
        a, b = (struct.unpack("f", struct.pack("f", float(text)))[0] for text in (one, two))
    except (ValueError, OverflowError):
        return False
    return a == b or abs(a - b) <= 1e-5 * abs(a)


def _shown(text: str, longest: int = 40) -> str:
    return repr(text if len(text) <= longest else text[: longest - 1] + "…")
