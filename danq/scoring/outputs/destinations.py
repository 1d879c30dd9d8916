"""Where a run's outputs go: their names checked before anything is computed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields

from danq.errors import InputError
from danq.outputs import check_distinct, check_ending, check_outputs, clear_partials

StrPath = str | os.PathLike[str]

_DERIVED = (".tbi", ".csi", ".parts")
"""Behind the name of the scored VCF: its index, and the folder of its finished blocks."""


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
    top_table
        The page with the largest changes.
    """

    output: StrPath | None = None
    scores: StrPath | None = None
    summary: StrPath | None = None
    plot: StrPath | None = None
    top_table: StrPath | None = None

    def check(self, *, inputs: Iterable[object] = (), is_piece: bool = False) -> None:
        """Refuse names of formats that are not written here, and files that overwrite each other.

        Parameters
        ----------
        inputs
            What is read, files and folders.
        is_piece
            Whether the output is the folder of a piece, which has no other files.

        Raises
        ------
        InputError
            When a name has another ending, or is the input's or another output's.
        """
        for name in (field.name for field in fields(self)):
            path, kind = getattr(self, name), name.replace("_", " ")
            if path is None:
                continue
            if is_piece and kind != "output":
                raise InputError(f"a piece has no {kind} file: gathering writes it", path=path)
            check_ending(path, "piece" if is_piece else kind)
        written = [path for path in self._paths() if path is not None]
        if self.output is not None and not is_piece:
            written += [f"{os.fspath(self.output)}{ending}" for ending in _DERIVED]
        check_distinct(written, inputs=inputs)
        if not is_piece:
            check_outputs(self._paths())

    def _paths(self) -> tuple[StrPath | None, ...]:
        return self.output, self.scores, self.summary, self.plot, self.top_table

    def clear_partials(self) -> None:
        """Remove what killed runs left under temporary names."""
        for path in self._paths():
            if path is not None:
                clear_partials(path)
