"""What the page says of its numbers and pictures."""

from __future__ import annotations

from html import escape

from danq.evaluation.blocks import LEAST_BLOCKS, Bootstrap
from danq.evaluation.bootstrap import MOST_UNDEFINED
from danq.evaluation.calibration import BINS
from danq.evaluation.comparison import LEVEL
from danq.evaluation.floors import FLOORS
from danq.evaluation.plot_comparison import MOST_ROWS
from danq.evaluation.plot_curves import MOST_PANELS
from danq.evaluation.published_figures import WON
from danq.evaluation.results import Evaluation

TARGETS = (
    "<p>In grey behind a value: its 95 % interval. Recall and calibration error have theirs in "
    "<code>metrics.tsv</code>. The best model of a row is in bold. NA: the windows hold no "
    "positives or no negatives of the target; it is in no average.</p>"
)

PUBLISHED = (
    "<p>The targets are DeepSEA's 919 in their order, so the papers' means stand in italics beside "
    "these (Quang &amp; Xie 2016, supplementary tables; both strands averaged, 227,512 windows of "
    "chromosomes 8 and 9). They compare only if the windows are the same. The paper's DanQ was "
    f"better than DeepSEA on {WON.roc_auc:.1%} of the targets by ROC AUC and on {WON.pr_auc:.1%} "
    "by PR AUC.</p>"
)


def heading(evaluation: Evaluation) -> str:
    """Say what was evaluated."""
    return f"Evaluation on {evaluation.windows:,} windows of the split “{evaluation.split}”"


def remarks(evaluation: Evaluation) -> str:
    """Say for which of the models the windows may not be new; nothing where all of them are."""
    found = []
    if evaluation.split == "train":
        found.append(
            "Models that were trained on this data set, floors included, have seen these windows: "
            "their figures say how well they fit, not how well they predict."
        )
    if evaluation.split == "valid":
        found.append(
            "Models that were trained on this data set kept the weights, and floors chose their "
            "penalty, by these windows: their figures are somewhat too high."
        )
    if evaluation.foreign:
        names = ", ".join(evaluation.foreign)
        found.append(
            f"Trained on another data set or reference than this one: {names}. Windows evaluated "
            "may have been among the training windows."
        )
    return "".join(f"<p><b>Note:</b> {escape(text)}</p>\n" for text in found)


def numbers(evaluation: Evaluation) -> str:
    """Explain every number."""
    items = {
        "ROC AUC": "The chance that a positive window is ranked above a negative one: 0.5 is "
        "guessing, 1 is perfect. It does not depend on how rare positives are, and so looks high "
        "where nearly all windows are easy negatives.",
        "PR AUC (average precision)": "How pure the top of the ranking is: precision averaged over "
        "the recall it is reached at. Guessing gives the <b>baseline</b>, the share of positive "
        "windows. Compare it with that: 0.3 is little for a target of which every fourth window is "
        "positive, and much for one in a thousand.",
        "Recall at 50 % FDR": "The share of positive windows that are found when as many windows "
        "are called as leave half of the calls right. 0: no threshold reaches that.",
        "Calibration error": "The expected calibration error: how far predicted probability and "
        f"share of positives lie apart, averaged over {BINS} bins of probability by their windows. "
        "0.01 means one percentage point. Most windows are negatives with probabilities near 0, so "
        "hold it against the baseline, and look at the reliability diagram.",
        "95 % interval": _intervals(evaluation.bootstrap),
    }
    floors = [name for name in evaluation.models if name in FLOORS]
    for name in floors:
        items[name] = (
            f"The floor, {FLOORS[name].description}, trained on the training windows: what a "
            "network adds to it is more than composition and short words. Its scores are no "
            "probabilities and have no calibration."
        )
    body = "".join(f"<dt>{escape(name)}</dt><dd>{text}</dd>\n" for name, text in items.items())
    missing = (
        "" if floors else "<p>No floor was asked for, or there was nothing to train it on.</p>"
    )
    return f"<dl>\n{body}</dl>{missing}"


def _intervals(bootstrap: Bootstrap | None) -> str:
    if bootstrap is None:
        return "None were asked for."
    place = (
        f"contig blocks of {bootstrap.block_size:,} bases"
        if bootstrap.has_coordinates
        else f"runs of neighbouring windows that stand for {bootstrap.block_size:,} bases"
    )
    if bootstrap.together > 1:
        place += f", {bootstrap.together} neighbours taken as one,"
    if not bootstrap.is_enough:
        return (
            f"The windows lie in {bootstrap.blocks} {place}: too few to tell how far chance goes, "
            f"which takes {LEAST_BLOCKS}. Intervals are NA."
        )
    return (
        f"Where the number came to lie in 95 % of {bootstrap.resamples:,} resamples of the "
        f"{bootstrap.blocks:,} {place} that hold windows (block bootstrap). Neighbouring windows "
        "overlap and share peaks, so resampling single windows would promise too much. The "
        "interval covers the choice of windows, not that of the training run. NA: so few blocks "
        f"hold positives that more than {100 * MOST_UNDEFINED:.0f} % of the resamples have none."
    )


def groups(evaluation: Evaluation) -> str:
    """Explain the table by group."""
    bold = " The best model of a group is in bold." if len(evaluation.results) > 1 else ""
    return (
        "<p>Means over the targets of a group, each with its 95 % interval in grey, and the "
        f"medians of the two AUCs. A target counts once, however many positives it has.{bold}</p>"
    )


def pairs(evaluation: Evaluation) -> str:
    """Explain the table of pairs."""
    sure = (
        f"<b>significant</b>: targets whose difference remains below p = {LEVEL} after Holm's "
        "correction for all targets of the pair. The p value comes from the difference over its "
        "bootstrap error and Student's t."
        if _has_p_values(evaluation)
        else "There are no p values, so nothing is said of significance."
    )
    return (
        "<p>Every pair of models on the same windows. <b>difference</b>: mean over the targets of "
        "the first less the second; its interval is that of the difference in the same resamples, "
        "so that it may exclude 0 while the models' own intervals overlap. <b>won</b>: share of "
        f"targets on which the first is higher. {sure} Every target is in "
        "<code>comparison.tsv</code>.</p>"
    )


def _has_p_values(evaluation: Evaluation) -> bool:
    return any(pair.has_p_values for pair in evaluation.comparisons())


def figure(stem: str, evaluation: Evaluation) -> str:
    """Explain a figure."""
    targets = len(evaluation.targets)
    panel = targets <= MOST_PANELS
    text = {
        "comparison": "A row a target, a symbol a model, with its 95 % interval. Dashed, and the "
        "upright strokes: what guessing reaches."
        if targets <= MOST_ROWS
        else "The spread of the targets within each group: a box from the lower to the upper "
        "quartile with the median, a line from 5 % to 95 % of the targets. The symbol is the mean "
        "with its 95 % interval.",
        "scatter": "A dot a target: the model with the highest mean ROC AUC upwards, another one "
        "to the right. Above the diagonal the first is better. "
        + (
            f"Filled dots differ significantly (p &lt; {LEVEL} after Holm's correction)."
            if _has_p_values(evaluation)
            else "There are no p values: a filled dot is no sign of significance."
        ),
        "roc_curves": "True positive rate against false positive rate as the threshold falls; the "
        "diagonal is guessing. The further up and left, the better. With rare positives look at "
        "the left edge: a false positive rate of 0.01 may already be more windows than there are "
        "positives.",
        "pr_curves": "Precision (share of called windows that are positive) against recall (share "
        "of positive windows that are called) as the threshold falls. Dashed: guessing. Where a "
        "curve crosses a precision of 0.5 is its recall at 50 % FDR.",
        "reliability": "Windows in bins of predicted probability: the share of positives among "
        "them against the mean prediction, with its 95 % interval. On the diagonal a prediction "
        "can be taken at its word; below it is too high, above too low. Underneath, how many "
        "windows a bin holds, on a logarithmic scale. A hollow point stands on too few for an "
        "interval. Points of several models stand a little to the left and right of their place, "
        "so that none hides another.",
    }[stem]
    if stem in ("roc_curves", "pr_curves") and not panel:
        text += " Thin lines are targets, the thick one is their median at every position."
    if stem == "reliability" and not panel:
        text += (
            " The targets of a group are pooled in the curves; the number above them is the mean "
            "of the targets' own errors, some of which would cancel in a pool."
        )
    return f"<p>{text}</p>"
