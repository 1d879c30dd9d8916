"""Where a run's outputs go: their names checked before anything is computed."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

from danq.errors import InputError
from danq.outputs import check_ending, check_output, clear_partials

StrPath = str | os.PathLike[str]


@dataclass(frozen=True)
class Destinations:
    """The files that one run writes; None for those it does not.

    Attributes
    ----------
    output
        The scored VCF, or the folder of a piece.
    scores
        The table of all targets.
    summary
        The counts.
    plot
        The picture.
    """

    output: StrPath | None = None
    scores: StrPath | None = None
    summary: StrPath | None = None
    plot: StrPath | None = None

    def check(
        self, vcf: StrPath, *, background: StrPath | None = None, is_piece: bool = False
    ) -> None:
        """Refuse names that are no format written here, and files that overwrite each other.

        Parameters
        ----------
        vcf
            The input.
        background
            A file that is read too.
        is_piece
            Whether the output is the folder of a piece, which has no other files.

        Raises
        ------
        InputError
            When a name has another ending, or is the input's or another output's.
        """
        seen: dict[Path, str] = {} if os.fspath(vcf) == "-" else {Path(vcf).resolve(): "input"}
        if background is not None:
            seen[Path(background).resolve()] = "background"
        for kind in (field.name for field in fields(self)):
            path = getattr(self, kind)
            if path is None:
                continue
            if is_piece and kind != "output":
                raise InputError(f"a piece has no {kind} file: gathering writes it", path=path)
            check_ending(path, "piece" if is_piece else kind)
            other = seen.setdefault(Path(path).resolve(), kind)
            if other != kind:
                raise InputError(f"is named both as {other} and as {kind}", path=path)
            if not is_piece:
                check_output(path)

    def clear_partials(self) -> None:
        """Remove what killed runs left under temporary names."""
        for path in (self.output, self.scores, self.summary, self.plot):
            if path is not None:
                clear_partials(path)
