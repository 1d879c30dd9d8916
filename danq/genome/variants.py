"""Variant alleles: what a record's REF and ALT say, judged, normalised and cut into windows.

Every ALT becomes a `Change`, two spellings of one change the same `Change`, or one `Reason` of a
closed list. Positions in a `Change` are 0-based; `pos` arguments are 1-based as in a VCF.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from danq.genome.reference import Reference
from danq.genome.sequence import UNKNOWN, Codes, decode, encode

_BASES = re.compile("[ACGTacgt]+")
_IUPAC = re.compile("[ACGTNRYSWKMBDHVUacgtnryswkmbdhvu]+")
_SINGLE_BREAKEND = re.compile(r"\.[ACGTNacgtn]+|[ACGTNacgtn]+\.")
_FIRST_STEP, _LONGEST_STEP = 64, 1 << 16


class Reason(StrEnum):
    """Why an ALT has no score. The list is closed."""

    REF_MISMATCH = "REF_MISMATCH"
    """REF differs from the genome at a base that both know."""
    REF_UNKNOWN = "REF_UNKNOWN"
    """REF holds something other than A, C, G and T, or the genome is unknown there."""
    SYMBOLIC = "SYMBOLIC"
    """ALT is a name in angle brackets, such as ``<DEL>``."""
    BREAKEND = "BREAKEND"
    """ALT joins to another place, such as ``G]17:198982]`` or ``G.``."""
    OVERLAPPING_DELETION = "OVERLAPPING_DELETION"
    """ALT is ``*``: the base is missing because of a deletion upstream."""
    NO_ALT = "NO_ALT"
    """ALT is ``.``: no alternative allele."""
    NO_CHANGE = "NO_CHANGE"
    """ALT equals REF."""
    NO_CONTIG = "NO_CONTIG"
    """The genome has no such contig."""
    OUT_OF_CONTIG = "OUT_OF_CONTIG"
    """REF begins before the contig's first base or ends after its last."""
    TOO_LONG = "TOO_LONG"
    """A normalised allele is longer than half of the window."""
    BAD_ALLELE = "BAD_ALLELE"
    """ALT holds something other than A, C, G and T and is nothing of the above."""


@dataclass(frozen=True, slots=True)
class Change:
    """A normalised change of the genome.

    Attributes
    ----------
    contig
        The contig's name in the genome.
    start
        0-based position of the first base of `ref`.
    ref, alt
        The shortest alleles, upper case, neither empty.
    """

    contig: str
    start: int
    ref: str
    alt: str


def judge(
    reference: Reference,
    contig: str | None,
    pos: int,
    ref: str,
    alts: Sequence[str],
    *,
    longest: int,
) -> list[Change | Reason]:
    """Turn the alleles of one record into changes or reasons.

    What is wrong with the record (its place, then a REF that contradicts the genome) goes before
    what an ALT says of itself, and that before a REF that is merely unknown: structural variants
    are often written with REF ``N``.

    Parameters
    ----------
    reference
        The genome.
    contig
        The contig's name in the genome, None where it has none.
    pos
        1-based position of the first base of `ref`.
    ref, alts
        The alleles as the record spells them; case does not matter.
    longest
        The longest normalised allele that fits, in bases.

    Returns
    -------
    list of Change or Reason
        One for each ALT, in order.
    """
    if contig is None:
        return [Reason.NO_CONTIG] * len(alts)
    if pos < 1 or pos - 1 + len(ref) > reference.contigs[contig]:
        return [Reason.OUT_OF_CONTIG] * len(alts)
    fault = _fault_of_ref(reference, contig, pos - 1, ref)
    if fault is Reason.REF_MISMATCH:
        return [fault] * len(alts)
    outcomes: list[Change | Reason] = []
    for alt in alts:
        reason = _reason_of_alt(ref, alt) or fault
        if reason is None:
            change = normalise(reference, contig, pos - 1, ref, alt)
            too_long = max(len(change.ref), len(change.alt)) > longest
            outcomes.append(Reason.TOO_LONG if too_long else change)
        else:
            outcomes.append(reason)
    return outcomes


def _fault_of_ref(reference: Reference, contig: str, start: int, ref: str) -> Reason | None:
    if not _IUPAC.fullmatch(ref):
        return Reason.REF_UNKNOWN
    # A VCF spells DNA, where U is not a base.
    said = encode(ref.upper().replace("U", "N"))
    genome = reference.codes(contig, start, start + len(ref))
    known = (said != UNKNOWN) & (genome != UNKNOWN)
    if (said != genome)[known].any():
        return Reason.REF_MISMATCH
    return None if known.all() else Reason.REF_UNKNOWN


def _reason_of_alt(ref: str, alt: str) -> Reason | None:
    if _BASES.fullmatch(alt):
        return Reason.NO_CHANGE if alt.upper() == ref.upper() else None
    if alt == ".":
        return Reason.NO_ALT
    if alt == "*":
        return Reason.OVERLAPPING_DELETION
    if alt.startswith("<") and alt.endswith(">"):
        return Reason.SYMBOLIC
    if "[" in alt or "]" in alt or _SINGLE_BREAKEND.fullmatch(alt):
        return Reason.BREAKEND
    # "C<contig>", the insertion of an assembled contig.
    if "<" in alt or ">" in alt:
        return Reason.SYMBOLIC
    return Reason.NO_CHANGE if alt.upper() == ref.upper() else Reason.BAD_ALLELE


def normalise(reference: Reference, contig: str, start: int, ref: str, alt: str) -> Change:
    """Spell a change as ``bcftools norm`` does.

    The alleles are trimmed to the shortest, an insertion or deletion moves to the leftmost place
    where it gives the same sequence, and where an allele would be empty both keep the base before
    it (at a contig's first base the one after it, as the VCF specification says).

    Parameters
    ----------
    reference
        The genome.
    contig
        The contig's name in the genome.
    start
        0-based position of the first base of `ref`.
    ref, alt
        Different alleles of A, C, G, T in any case; `ref` agrees with the genome.

    Returns
    -------
    Change

    References
    ----------
    Tan, Abecasis & Kang 2015, Bioinformatics 31:2202, "Unified representation of genetic variants".
    """
    ref, alt = ref.upper(), alt.upper()
    shared = shared_prefix(ref[::-1], alt[::-1])
    ref, alt = ref[: len(ref) - shared], alt[: len(alt) - shared]
    shared = shared_prefix(ref, alt)
    ref, alt, start = ref[shared:], alt[shared:], start + shared
    if ref and alt:
        return Change(contig, start, ref, alt)
    is_deletion = bool(ref)
    start, bases = _leftmost(reference, contig, start, ref or alt)
    if start > 0:
        start -= 1
        anchor = decode(reference.codes(contig, start, start + 1))
        bases = anchor + bases
    else:
        after = len(bases) if is_deletion else 0
        anchor = decode(reference.codes(contig, after, after + 1))
        bases = bases + anchor
    return Change(contig, start, *((bases, anchor) if is_deletion else (anchor, bases)))


def shared_prefix(one: str, other: str) -> int:
    """Return the number of letters that two texts begin with alike."""
    shortest = min(len(one), len(other))
    return next((i for i in range(shortest) if one[i] != other[i]), shortest)


def _leftmost(reference: Reference, contig: str, start: int, bases: str) -> tuple[int, str]:
    """Move deleted or inserted `bases` at `start` left as far as the sequence stays the same.

    With v the genome up to `start` followed by the bases, k of them, a step to the left is free as
    long as v[i] equals v[i + k], so a stretch of steps is one comparison of arrays.
    """
    k = len(bases)
    moved = encode(bases)
    step = _FIRST_STEP
    while start > 0:
        step = min(step, start)
        v = np.concatenate([reference.codes(contig, start - step, start), moved])
        obstacles = np.flatnonzero(v[:step] != v[k : k + step])
        free = step - 1 - int(obstacles[-1]) if obstacles.size else step
        start -= free
        moved = v[step - free : step - free + k]
        if obstacles.size:
            break
        step = min(2 * step, _LONGEST_STEP)
    return start, decode(moved)


def longest_allele(window: int) -> int:
    """Return the longest normalised allele that a window scores, in bases: half of the window."""
    return window // 2


def windows(reference: Reference, changes: Sequence[Change], length: int) -> tuple[Codes, Codes]:
    """Cut the windows of both alleles of each change.

    Both windows of a change start at the same base, with `start` at index (length − 1) // 2. The
    alternative allele is spliced in and the right flank cropped or extended. Beyond a contig's
    ends bases are unknown.

    Parameters
    ----------
    reference
        The genome.
    changes
        n changes with alleles of at most `longest_allele(length)` bases.
    length
        Bases in a window.

    Returns
    -------
    reference_windows, alternative_windows : numpy.ndarray
        uint8 codes, shape (n, length) each.
    """
    centre = (length - 1) // 2
    contigs = np.array([reference.number(change.contig) for change in changes], dtype=np.int64)
    starts = np.array([change.start - centre for change in changes], dtype=np.int64)
    with_ref = reference.windows(contigs, starts, length)
    with_alt = with_ref.copy()
    for row, change in enumerate(changes):
        end = centre + len(change.alt)
        with_alt[row, centre:end] = encode(change.alt)
        if len(change.alt) != len(change.ref):
            resume = change.start + len(change.ref)
            flank = reference.codes(change.contig, resume, resume + length - end)
            with_alt[row, end:] = flank
    return with_ref, with_alt
