"""A picture of a scored VCF: the largest effect of each allele along the genome."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.plotting import FIGURE_SUFFIXES, MUTED, RC, plain, shortened
from danq.scoring.outputs.largest import Ranked
from danq.scoring.outputs.output import File, Run
from danq.scoring.outputs.plot_data import LABELLED, Peaks
from danq.scoring.outputs.plot_labels import nearest_edge, place_labels
from danq.vcf.summary import Summary

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A4FBF", "#8C6D31")
"""Okabe and Ito's colours, told apart with any kind of colour vision, and two more."""

_OTHER = "#B8B8B8"
_INK = "#222222"
_GAINS = ((True, "^", "ALT raises it"), (False, "v", "ALT lowers it"))
_MOST_OBSTACLES = 3000
_LONGEST_NAME = 28
_LONGEST_CONTIG = 16
_LARGE = 0.5
_FEW = 100
"""Up to this number of points, all are drawn large."""
_WIDE = 100_000
_AROUND = 50
"""Bases to either side of a single position."""
_UPRIGHT = 12
"""More contigs than these have their names upright."""
_ROOM = {30: 0.045, 90: 0.022}
"""Share of the axis that a name of a contig takes, by its rotation."""


class Plot(Peaks):
    """Remembers peaks, and draws them at the end."""

    def __init__(self, file: File, run: Run) -> None:
        super().__init__()
        self._path, self._labels = file.partial, run.plan.ensemble.labels

    def finish(self, summary: Summary) -> None:
        """Draw."""
        draw(self._path, self, self._labels)


def draw(path: Path, peaks: Peaks, targets: Sequence[str]) -> None:
    """Draw the largest absolute logit change of each scored allele along the contigs.

    Colours show the target concerned for the targets with the largest effects, triangles whether
    the alternative allele raises or lowers it. The alleles with the largest effects are named. The
    suffix of `path` is the format, and `targets` are names.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(10, 4.6), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        contig, pos, change, target = peaks.arrays()
        if len(pos):
            x = _along(axes, list(peaks.contigs), contig, pos)
            shown = _largest_first(np.abs(change), target)[: len(COLOURS)]
            _points(axes, x, change, target, shown)
            _legend(axes, target, shown, targets)
            top = float(np.abs(change).max()) or 1
            axes.set_ylim(-0.03 * top, 1.3 * top)
            # Lines to labels are not data: they must not move the points under the labels.
            axes.autoscale(False)
            axes.set_ylabel("largest |Δ log2 odds| over the targets")
            named = peaks.top.ranked()
            names = [targets[target[-n.order]] for n in named]
            _labels(figure, axes, x, np.abs(change), top=named, names=names)
        else:
            axes.set_axis_off()
            axes.text(0.5, 0.5, "no allele was scored", ha="center", va="center", color=MUTED)
        # Opened here, since matplotlib leaves a file open when writing fails.
        kind = path.suffix[1:]
        with path.open("wb") as file:
            figure.savefig(file, format=kind, metadata=FIGURE_SUFFIXES[kind])


def _along(
    axes: Any,
    names: Sequence[str],
    contig: npt.NDArray[Any],
    pos: npt.NDArray[Any],
) -> npt.NDArray[np.float64]:
    """Lay the contigs side by side, each as wide as its variants reach; give each allele's x."""
    if len(names) == 1:
        axes.margins(x=0.02)
        if not np.ptp(pos):
            axes.set_xlim(pos[0] - _AROUND, pos[0] + _AROUND)
        is_wide = np.ptp(pos) >= _WIDE
        axes.set_xlabel(f"position on {plain(names[0])} ({'Mb' if is_wide else 'bp'})")
        axes.xaxis.set_major_formatter("{x:g}" if is_wide else "{x:,.0f}")
        return pos / 1e6 if is_wide else pos.astype(np.float64)
    first = np.array([pos[contig == number].min() for number in range(len(names))])
    last = np.array([pos[contig == number].max() for number in range(len(names))])
    widths = np.maximum(last - first, 0.01 * max((last - first).sum(), 1))
    gap = 0.015 * widths.sum()
    begins = np.concatenate([[0], np.cumsum(widths + gap)[:-1]])
    rotation = 30 if len(names) <= _UPRIGHT else 90
    centres = begins + widths / 2
    named = _with_room(centres, widths, _ROOM[rotation] * (begins[-1] + widths[-1]))
    axes.set_xticks(
        centres[named],
        [_cut(names[number], _LONGEST_CONTIG) for number in named],
        rotation=rotation,
        ha="right" if rotation < 90 else "center",
    )
    for begin in begins[1:]:
        axes.axvline(begin - gap / 2, color="#E6E6E6", linewidth=0.6, zorder=0)
    axes.set_xlabel(
        "contig" if len(named) == len(names) else f"contig ({len(named)} of {len(names)} named)"
    )
    axes.margins(x=0.02)
    return begins[contig] + pos - first[contig]


def _with_room(
    centres: npt.NDArray[np.float64], widths: npt.NDArray[np.float64], room: float
) -> list[int]:
    """Choose the contigs whose names do not overprint, wide contigs first."""
    chosen: list[int] = []
    for number in np.argsort(-widths, kind="stable").tolist():
        if all(abs(centres[number] - centres[other]) >= room for other in chosen):
            chosen.append(number)
    return sorted(chosen)


def _largest_first(size: npt.NDArray[Any], target: npt.NDArray[Any]) -> list[int]:
    """List the targets concerned, the one with the largest single effect first."""
    in_order = target[np.argsort(-size, kind="stable")]
    return list(dict.fromkeys(in_order.tolist()))


def _points(
    axes: Any,
    x: npt.NDArray[Any],
    change: npt.NDArray[Any],
    target: npt.NDArray[Any],
    shown: Sequence[int],
) -> None:
    size = np.abs(change)
    is_large = (size >= _LARGE * size.max()) | (len(size) <= _FEW)
    # What is named must be seen.
    is_large[np.argsort(-size, kind="stable")[:LABELLED]] = True
    groups = [(~np.isin(target, shown), _OTHER)]
    groups += [(target == t, colour) for t, colour in zip(shown, COLOURS, strict=False)]
    for (chosen, colour), (is_gain, marker, _) in product(groups, _GAINS):
        rows = chosen & ((change >= 0) == is_gain)
        for part, area, alpha, layer in ((~is_large, 8, 0.35, 1), (is_large, 26, 0.95, 2)):
            axes.scatter(
                x[rows & part], size[rows & part], s=area, c=colour, marker=marker,
                linewidths=0, alpha=alpha, zorder=layer, rasterized=True,
            )  # fmt: skip


def _legend(
    axes: Any, target: npt.NDArray[Any], shown: Sequence[int], targets: Sequence[str]
) -> None:
    from matplotlib.lines import Line2D

    def entry(marker: str, colour: str, label: str) -> Line2D:
        return Line2D([], [], linestyle="", marker=marker, color=colour, label=label, markersize=6)

    entries = [
        entry("s", colour, f"{_cut(targets[t])} ({int((target == t).sum()):,})")
        for t, colour in zip(shown, COLOURS, strict=False)
    ]
    others = int((~np.isin(target, shown)).sum())
    if others:
        entries.append(entry("s", _OTHER, f"other targets ({others:,})"))
    entries += [entry(marker, MUTED, text) for _, marker, text in _GAINS]
    axes.legend(
        handles=entries,
        title="target (alleles)",
        title_fontsize=8,
        alignment="left",
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )


def _labels(
    figure: Any,
    axes: Any,
    x: npt.NDArray[Any],
    size: npt.NDArray[Any],
    *,
    top: Sequence[Ranked[str]],
    names: Sequence[str],
) -> None:
    """Name the alleles with the largest effects, each with a line to its point."""
    # The layout must be final before pixels mean anything.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    rows = [-named.order for named in top]
    to_pixels = axes.transData.transform
    largest = np.argsort(-size, kind="stable")[:_MOST_OBSTACLES]
    texts = [
        axes.text(
            0, 0, f"{_cut(named.shown)} · {_cut(name)}", fontsize=7.5, color=_INK,
            ha="center", va="center", zorder=5,
        )
        for named, name in zip(top, names, strict=True)
    ]  # fmt: skip
    extents = [text.get_window_extent() for text in texts]
    sizes = np.array([[extent.width, extent.height] for extent in extents])
    anchors = to_pixels(np.column_stack([x[rows], size[rows]]))
    area = axes.get_window_extent()
    centres = place_labels(
        anchors,
        sizes,
        (area.x0, area.y0, area.x1, area.y1),
        to_pixels(np.column_stack([x[largest], size[largest]])),
        gap=0.045 * figure.dpi,
    )
    to_data = axes.transData.inverted().transform
    for text, centre, anchor, extent in zip(texts, centres, anchors, sizes, strict=True):
        if centre is None:
            text.remove()
            continue
        text.set_position(to_data(centre))
        ends = to_data(np.vstack([anchor, nearest_edge(anchor, centre, extent)]))
        axes.plot(*ends.T, color=MUTED, linewidth=0.6, zorder=1.5)


def _cut(name: str, longest: int = _LONGEST_NAME) -> str:
    return plain(shortened(name, longest))
