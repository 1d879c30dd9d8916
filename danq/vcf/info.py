"""INFO fields that danq adds to records: how they are declared, written and found again.

Every field is ``Number=A``: one value per ALT, ``.`` where it has none.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.genome.variants import Reason
from danq.vcf.record import Record

_EITHER = (
    rb"(DANQ_(?:MAX|TARGET|LOGIT|P_REF|P_ALT|SD|FUNC|REASON|"
    rb"(?:LOGIT|DIFF|SD|E|GROUP)_[0-9A-Za-z_.]*))"
)
"""All fields that a run may write; an input may hold none of them."""

_OWN_FIELD = re.compile(rb"(?:^|;)" + _EITHER + rb"(?:=|;|$)")
_MAX = re.compile(rb"(?:^|;)DANQ_MAX=([^;]*)")
_OWN_DECLARATION = re.compile(rb"##INFO=<(?:.*,)?ID=" + _EITHER + rb"[,>]")


@dataclass(frozen=True)
class InfoField:
    """One INFO field: ``Float``, ``Integer`` or ``String``, as its header line says.

    `values` makes of the quantities that it `reads`, of a block, one text for each scored allele;
    it is None for the field of reasons.
    """

    name: str
    type: str
    description: str
    reads: frozenset[str] = frozenset()
    values: Callable[[Mapping[str, npt.NDArray[Any]]], Sequence[str]] | None = None

    @property
    def declaration(self) -> str:
        """The header line, without its end."""
        return f'##INFO=<ID={self.name},Number=A,Type={self.type},Description="{self.description}">'


Addition = Sequence[tuple[InfoField, Sequence[str]]]
"""What one record's INFO grows by: fields, each with one text an ALT."""

REASON = InfoField("DANQ_REASON", "String", f"Why the allele has no score: {', '.join(Reason)}")


def info_text(addition: Addition) -> bytes:
    """Write what one record's INFO grows by."""
    return ";".join(f"{field.name}={','.join(values)}" for field, values in addition).encode()


def number(value: float) -> str:
    """Write a float as INFO holds it."""
    return f"{value:.6g}"


def encoded(name: str) -> str:
    """Percent-encode what an INFO value may not hold, so that any target name fits."""
    return "%2E" if name == "." else quote(name, safe="!\"#$&'()*+/<>?@[\\]^`{|}")


def note(said: Mapping[str, Any]) -> str:
    """Write the ``##danq`` line's text; a shared file need not tell folders of this machine."""
    said = {**said, "genome": Path(said["genome"]).name}
    return ";".join(f"{key}={value}" for key, value in said.items() if value and key != "units")


def printable(name: str) -> str:
    """Replace what a line of UTF-8 text cannot hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def described(name: str) -> str:
    """Write a name as the quoted description of a header line may hold it."""
    return printable(name).replace("\\", "\\\\").replace('"', '\\"')


def own_field(info: bytes) -> str | None:
    """Return the first of danq's fields in column 8, which an earlier run left there."""
    found = _OWN_FIELD.search(info) if b"DANQ_" in info else None
    return found[1].decode() if found else None


def own_declarations(header: Sequence[bytes]) -> dict[str, int]:
    """Find fields of danq's that a header declares, each with its line's place, from 0."""
    found = [(_OWN_DECLARATION.match(line), place) for place, line in enumerate(header)]
    return {match[1].decode(): place for match, place in found if match}


def largest_change(record: Record, number: int, *, path: str) -> float | None:
    """Return what INFO/DANQ_MAX says of an ALT, counted from 0; None where it says nothing.

    InputError when it is not a number for each ALT.
    """
    found = _MAX.search(record.info)
    if found is None:
        return None
    texts = found[1].split(b",")
    try:
        values = [None if text == b"." else float(text) for text in texts]
    except ValueError:
        values = []
    # NaN would put the variants that are asked for in an order of chance.
    is_finite = all(value is None or math.isfinite(value) for value in values)
    if len(values) != len(record.alts) or not is_finite:
        raise InputError(
            f"found DANQ_MAX={quoted(found[1])}, expected one number for each ALT",
            path=path,
            line=record.line,
        )
    return values[number]
