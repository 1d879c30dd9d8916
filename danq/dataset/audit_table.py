"""An audit as text: a table that fits a screen at 919 targets, and one with a row for each."""

from collections.abc import Iterable, Sequence

import numpy as np

from danq.dataset.auditing import Audit, SplitCounts

COLUMNS = ("split", "number", "target", "group", "windows", "positives", "share", "contigs")
"""Of `target_table`. `number` counts targets from 0 and is their identity: names may repeat."""

_FEW = 24
_NAMED = 8


def summary(audit: Audit) -> str:
    """Lay the audit out as lines of text: the splits, their targets, and what they share.

    Up to 24 targets get a line each; of more, the fewest, median and most positives are shown.
    """
    lines = _splits(audit)
    few = len(audit.targets) <= _FEW
    lines += _each_target(audit) if few else _spread(audit)
    for split in audit.splits:
        without = audit.without_positives(split)
        if without:
            names = _list_names(audit.targets.names[number] for number in without)
            lines.append(f"targets without positives in {split}: {len(without):,} ({names})")
    repeated = audit.repeated_names
    if repeated:
        lines.append(
            f"names that several targets have: {len(repeated):,} ({_list_names(repeated)})"
        )
    if audit.overlapping is not None:
        number = sum(audit.overlapping.values())
        lines.append(f"windows shared or overlapping between splits: {number:,}")
    pairs = [one for one in audit.duplicates if any(one.windows)]
    if not pairs:
        lines.append("sequences that two splits share, either strand: 0")
    for one in pairs:
        counts = (
            f"{n:,} windows of {name}" for n, name in zip(one.windows, one.splits, strict=True)
        )
        lines.append(f"the same sequences, either strand: {' and '.join(counts)}")
    return "\n".join(lines)


def target_table(audit: Audit) -> str:
    """Return a tab-separated row for every split that has windows and every target.

    `share` is that of the windows which are positive, `contigs` counts the distinct contigs with a
    positive window, NA where windows have no coordinates.
    """
    rows: list[Iterable[object]] = [COLUMNS]
    targets = audit.targets
    for split, counts in audit.splits.items():
        if not counts.windows:
            continue
        for number, (name, group) in enumerate(zip(targets.names, targets.groups, strict=True)):
            positives = int(counts.positives[number])
            contigs = "NA" if counts.target_contigs is None else counts.target_contigs[number]
            share = f"{positives / counts.windows:.6g}"
            rows.append((split, number, name, group, counts.windows, positives, share, contigs))
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


def _splits(audit: Audit) -> list[str]:
    lines = [f"{'split':<8}{'windows':>12}{'with a label':>14}{'positives':>14}{'contigs':>10}"]
    for split, counts in audit.splits.items():
        lines.append(
            f"{split:<8}{counts.windows:>12,}{counts.labelled:>14,}{counts.positives.sum():>14,}"
            f"{_or_na(counts.contigs):>10}"
        )
    return lines


def _each_target(audit: Audit) -> list[str]:
    """Make a line per target: its positives in each split, and the contigs that they lie on."""
    splits = {split: counts for split, counts in audit.splits.items() if counts.windows}
    width = max(map(len, (*audit.targets.names, "target"))) + 2
    head = "".join(f"{split:>12}{'contigs':>9}" for split in splits)
    lines = ["", f"{'target':<{width}}{head}"]
    for number, name in enumerate(audit.targets.names):
        cells = "".join(_cells(counts, number) for counts in splits.values())
        lines.append(f"{name:<{width}}{cells}")
    return [*lines, ""]


def _cells(counts: SplitCounts, number: int) -> str:
    contigs = None if counts.target_contigs is None else int(counts.target_contigs[number])
    return f"{counts.positives[number]:>12,}{_or_na(contigs):>9}"


def _spread(audit: Audit) -> list[str]:
    """Make a line per split: how positives and contigs spread over the targets."""
    lines = ["", f"{'a target has':<14}{'positives: fewest':>19}{'median':>10}{'most':>10}"]
    lines[-1] += f"{'contigs: fewest':>18}{'most':>6}"
    for split, counts in audit.splits.items():
        if not counts.windows:
            continue
        low, middle, high = np.quantile(counts.positives, [0, 0.5, 1])
        line = f"in {split:<11}{low:>19,.0f}{middle:>10,.0f}{high:>10,.0f}"
        contigs = counts.target_contigs
        ends = (None, None) if contigs is None else (int(contigs.min()), int(contigs.max()))
        lines.append(line + f"{_or_na(ends[0]):>18}{_or_na(ends[1]):>6}")
    return [*lines, ""]


def _or_na(number: int | None) -> str:
    return "NA" if number is None else f"{number:,}"


def _list_names(names: Iterable[str]) -> str:
    all_names: Sequence[str] = list(names)
    more = len(all_names) - _NAMED
    return ", ".join(all_names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
