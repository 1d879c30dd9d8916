"""Two models on the same windows: how far apart they are on every target, and how surely.

The resamples of an evaluation are drawn once for all of its models, so the difference of two
models in each resample is a paired one: what is hard for one model in a block is hard for the
other, and cancels. Intervals are the quantiles of these differences.

P values do not count resamples. A count ends at 1 / (resamples + 1), which times 919 targets is no
longer below 0.05 with fewer than 18,000 resamples: Holm's correction could never find anything.
Instead the difference is divided by its bootstrap standard error and held against Student's t, with
one degree of freedom less than there are blocks that tell of the target (those that hold positives,
or negatives where they are rarer): few blocks make long tails. It takes for granted that over
repetitions the difference is about normally distributed. As a sum over many windows it is; this
fails first for targets with very few positives, which have few degrees of freedom as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from danq.evaluation.statistics.bootstrap import Interval, interval, is_told
from danq.evaluation.statistics.metric import Floats
from danq.evaluation.statistics.metrics import Metrics, Resamples, averaged, group_names
from danq.evaluation.statistics.registry import METRICS
from danq.targets.groups import members

LEVEL = 0.05
"""A difference counts as significant below it, after Holm's correction."""


@dataclass(frozen=True)
class GroupDifference:
    """How two models differ over the targets of a group.

    Attributes
    ----------
    group
        Its name, or ``all``.
    targets
        Number of targets compared: those with positives and negatives.
    mean
        Mean difference; NaN without targets.
    interval
        Of the mean, 0-dimensional; NaN without resamples.
    p
        Of the mean, of no difference; NaN without resamples.
    won, lost
        Number of targets on which the first model is higher, and lower. Equal ones are neither.
    won_significantly, lost_significantly
        Those among them that remain below `LEVEL` after Holm's correction; None where no target
        has a p value.
    """

    group: str
    targets: int
    mean: float
    interval: Interval
    p: float
    won: int
    lost: int
    won_significantly: int | None
    lost_significantly: int | None

    @property
    def share(self) -> float:
        """Share of the targets that the first model wins; NaN without targets."""
        return self.won / self.targets if self.targets else float("nan")

    def reversed(self) -> GroupDifference:
        """Return the second model's metric less the first's."""
        return replace(
            self,
            mean=-self.mean,
            interval=Interval(-self.interval.upper, -self.interval.lower),
            won=self.lost,
            lost=self.won,
            won_significantly=self.lost_significantly,
            lost_significantly=self.won_significantly,
        )


@dataclass(frozen=True)
class Difference:
    """One metric of two models, the first's less the second's, (targets,) each.

    Attributes
    ----------
    difference
        float64, NaN where a target has no positives or no negatives.
    interval
        Where 95 % of the resamples lie; NaN where they are undefined.
    p
        Two-sided, of no difference; NaN where it is undefined.
    p_holm
        Corrected for as many targets as have one (Holm 1979).
    groups
        By group in order of first appearance, ``all`` last.
    """

    difference: Floats
    interval: Interval
    p: Floats
    p_holm: Floats
    groups: list[GroupDifference] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """Two models on the same windows.

    Attributes
    ----------
    first, second
        Their names.
    differences
        By name of the metric (`danq.evaluation.statistics.registry.compared`).
    """

    first: str
    second: str
    differences: Mapping[str, Difference]

    @property
    def has_p_values(self) -> bool:
        """Whether any target's difference was tested."""
        return any(not np.isnan(found.p_holm).all() for found in self.differences.values())


def compare(
    first: tuple[Metrics, Resamples | None],
    second: tuple[Metrics, Resamples | None],
    groups: Sequence[str],
    *,
    metric: str,
) -> Difference:
    """Compare two models by one metric.

    Parameters
    ----------
    first, second
        Metrics of each on the same windows, and in the same resamples of them.
    groups
        Group of every target, in column order.
    metric
        Its name.
    """
    difference = first[0].values[metric] - second[0].values[metric]
    targets = len(difference)
    resampled, support = np.empty((0, targets)), np.zeros(targets, np.int64)
    if first[1] is not None and second[1] is not None:
        resampled = first[1].values[metric] - second[1].values[metric]
        support = first[1].support
    low, high = METRICS[metric].bounds
    bounds = (low - high, high - low)
    p = p_values(difference, resampled, support)
    p_holm = holm(p)

    def over(group: str) -> GroupDifference:
        chosen = members(groups, group) & ~np.isnan(difference)
        ours, sure = difference[chosen], p_holm[chosen] < LEVEL
        told = not np.isnan(p_holm[chosen]).all()
        mean, means = averaged(ours, "mean"), averaged(resampled[:, chosen], "mean")
        # Together the targets of a group speak from as many blocks as the best covered of them.
        blocks = support[chosen].max(initial=0)
        return GroupDifference(
            group,
            int(chosen.sum()),
            float(mean),
            interval(means, mean, bounds=bounds),
            float(p_values(mean, means, blocks)),
            won=int((ours > 0).sum()),
            lost=int((ours < 0).sum()),
            won_significantly=int((sure & (ours > 0)).sum()) if told else None,
            lost_significantly=int((sure & (ours < 0)).sum()) if told else None,
        )

    ends = interval(resampled, difference, bounds=bounds)
    return Difference(difference, ends, p, p_holm, [over(group) for group in group_names(groups)])


def p_values(
    difference: Floats, resampled: Floats, support: NDArray[np.int64] | np.int64
) -> Floats:
    """Return how likely differences as large are where there is none.

    Parameters
    ----------
    difference
        float64 (…).
    resampled
        float64 (resamples, …): the same in every resample, NaN where not defined.
    support
        int64 (…): how many blocks tell of each.

    Returns
    -------
    numpy.ndarray
        float64 (…): two-sided, of Student's t. 1 where no resample has a difference; NaN
        where too few resamples define it (`danq.evaluation.statistics.bootstrap.is_told`), fewer
        than two blocks tell of it, or the resamples all give one difference that is not 0.
    """
    told = is_told(resampled) & ~np.isnan(difference) & (np.asarray(support) > 1)
    result: Floats = np.full(np.shape(difference), np.nan)
    if not told.any():
        return result
    chosen, blocks = resampled[:, told], np.asarray(support)[told]
    # Drawing n blocks out of n makes the error of a mean too small by this, as in any sample.
    error = np.nanstd(chosen, axis=0) * np.sqrt(blocks / (blocks - 1))
    apart = np.abs(np.asarray(difference)[told])
    ratio = np.divide(apart, error, out=np.full(apart.shape, np.nan), where=error > 0)
    ratio[(error == 0) & (apart == 0)] = 0
    result[told] = 2 * stats.t.sf(ratio, blocks - 1)
    return result


def holm(p: Floats) -> Floats:
    """Correct p values for their number (Holm 1979, Scandinavian Journal of Statistics 6:65).

    Parameters
    ----------
    p
        float64 (n,); NaN stands for an untested pair and is not counted.

    Returns
    -------
    numpy.ndarray
        float64 (n,): where all below a level are called different, the chance that any of them is
        not is at most that level.
    """
    order = np.argsort(p, kind="stable")[: np.count_nonzero(~np.isnan(p))]
    result = np.full(len(p), np.nan)
    steps = np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1))
    result[order] = np.minimum(steps, 1)
    return result
