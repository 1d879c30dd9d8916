"""A run: blocks of windows explained with one method, in memory or into files."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.interpretation.explanation import Explanation
from danq.interpretation.maps import ExplainedOutput, Maps
from danq.interpretation.methods.attribution import COMPLETE, attribute
from danq.interpretation.methods.completeness import Completeness
from danq.interpretation.methods.mutagenesis import hypothetical_of, substitution_effects
from danq.interpretation.options import Options
from danq.interpretation.windows import Block, Source
from danq.models import Predictor
from danq.models.sharing import Span
from danq.progress import bar
from danq.resuming import BlockSource

logger = logging.getLogger(__name__)

Taker = Callable[[Block, Maps, Completeness | None], None]
"""What takes a block's maps, and what their contributions sum to."""


class Run:
    """Explains blocks of windows; `span` are the positions of a window that are explained."""

    def __init__(
        self,
        predictor: Predictor,
        outputs: Sequence[ExplainedOutput],
        options: Options,
        span: Span,
    ) -> None:
        self._predictor, self._outputs = predictor, outputs
        self._options, self._span = options, span
        self._reads = frozenset(["hypothetical", "predicted"])
        if options.method in COMPLETE:
            self._reads |= {"difference", "total"}
        if options.method == "ism":
            logger.info(
                "a substitution is computed only where it changes something"
                if predictor.shares_edits
                else "every substitution passes the whole network: its layers share no work"
            )

    def collect(self, source: Source) -> Explanation:
        """Explain all windows and keep the maps in memory."""
        size = self._span.size
        nothing = np.empty((0, len(self._outputs), size, 4), np.float32)
        parts = [
            Maps(self._outputs, [], np.empty((0, size), np.uint8), nothing, nothing[..., 0, 0])
        ]

        def keep(_: Block, maps: Maps, __: Completeness | None) -> None:
            maps.check()
            parts.append(maps)

        explanation = self.write(source, BlockSource(), [keep])
        maps = Maps(
            self._outputs,
            [stretch for part in parts for stretch in part.stretches],
            np.concatenate([part.codes for part in parts]),
            np.concatenate([part.hypothetical for part in parts]),
            np.concatenate([part.predicted for part in parts]),
        )
        return Explanation(
            self._outputs,
            explanation.count,
            maps=maps,
            summary=explanation.summary,
            completeness=explanation.completeness,
        )

    def write(
        self,
        source: Source,
        blocks: BlockSource,
        takers: Sequence[Taker],
        files: Sequence[Path] = (),
    ) -> Explanation:
        """Explain every block, or take it from an interrupted run, and hand its maps on."""
        count, sums = 0, _Sums()
        progress = self._options.progress
        with bar(progress=progress, total=source.count, desc="explain", unit=" windows") as shown:
            for block in source.blocks:
                arrays = blocks.load(block, self._reads)
                if arrays is None:
                    arrays = self._explain(block)
                    blocks.save(block, arrays, self._reads)
                completeness = sums.add(arrays)
                codes = block.codes[:, self._span.first : self._span.last]
                numbers = (arrays["hypothetical"], arrays["predicted"])
                maps = Maps(self._outputs, block.stretches, codes, *numbers)
                for take in takers:
                    take(block, maps, completeness)
                count += len(codes)
                shown.update(len(codes))
        return Explanation(
            self._outputs, count, files, summary=source.summary, completeness=sums.completeness()
        )

    def _explain(self, block: Block) -> dict[str, npt.NDArray[Any]]:
        """Compute the arrays of a block."""
        options, span = self._options, self._span
        if options.method == "ism":
            effects, predicted = substitution_effects(
                self._predictor, block.codes, self._outputs, span=span, unit=options.unit
            )
            return {"hypothetical": hypothetical_of(effects), "predicted": predicted}
        found = attribute(
            self._predictor,
            block.codes,
            self._outputs,
            method=options.method,
            unit=options.unit,
            **options.of_method,
        )
        hypothetical = np.ascontiguousarray(found.hypothetical[:, :, span.first : span.last])
        arrays = {"hypothetical": hypothetical, "predicted": found.predicted}
        return arrays if found.completeness is None else arrays | found.completeness._asdict()


class _Sums:
    """Keeps what the contributions of windows sum to."""

    def __init__(self) -> None:
        self._parts: list[Completeness] = []

    def add(self, arrays: Mapping[str, npt.NDArray[Any]]) -> Completeness | None:
        """Take the arrays of a block, and return its completeness."""
        if "total" not in arrays:
            return None
        self._parts.append(Completeness(arrays["difference"], arrays["total"]))
        return self._parts[-1]

    def completeness(self) -> Completeness | None:
        """Return that of all windows."""
        if not self._parts:
            return None
        return Completeness(*map(np.concatenate, zip(*self._parts, strict=True)))
