"""A time series forecast by a recurrent network: many to one.

The task: the last three days of an hourly series are known; what are the next 24 hours?

The data: two computed series of 6,000 hours. Both have a daily season, a trend and a noise of 0.1;
they differ in what moves them from day to day. In one it is linear, an autoregression driven by
chance. In the other it is the delayed feedback of Mackey and Glass (1977, Science 197:287), which
follows a rule, but a non-linear one. The last quarter of each, 1,500 hours, is held out.

The forecasts: a GRU that reads 72 hours and gives 24 numbers; ridge regression from the same 72
hours to the same 24 numbers, its penalty chosen by cross-validation on the training part; and the
seasonal-naive forecast, which says that tomorrow is like today. The first two see each window less
the mean of its last day, so that neither has to follow the trend. The score is the mean absolute
error (MAE) over all held-out windows and all 24 hours.
"""

from __future__ import annotations

import gallery
import keras
import numpy as np
from gallery import BLUE, GREY, LIGHT, ORANGE
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import TimeSeriesSplit

from danq.core import topologies
from danq.core.layers import Recurrence

DAY, PAST = 24, 72
LOOKS = {"seasonal naive": (GREY, ":"), "linear": (ORANGE, "--"), "network": (BLUE, "-")}


def network() -> keras.Model:
    """Build the network: (n, hours, 1) to the next 24 hours."""
    return topologies.many_to_one(
        1, DAY, recurrences=[Recurrence(48, cell="gru")], hidden=[64], output_activation="linear"
    )


def series(kind: str, hours: int, random: np.random.Generator) -> np.ndarray:
    """Compute a series of one kind, ``linear`` or ``non-linear``."""
    time, warm_up = np.arange(hours), 1000
    season = np.sin(2 * np.pi * time / DAY) + 0.5 * np.sin(4 * np.pi * time / DAY + 1)
    noise = random.normal(scale=0.1, size=hours)
    state = random.normal(size=hours + warm_up)
    if kind == "linear":
        for now in range(2, len(state)):
            state[now] += 1.8 * state[now - 1] - 0.85 * state[now - 2]
    else:
        state = 1.2 + 0.1 * random.random(hours + warm_up)
        for now in range(17, len(state) - 1):
            before = state[now - 17]
            state[now + 1] = 0.9 * state[now] + 0.2 * before / (1 + before**10)
    state = (state - state.mean()) / state.std()
    return season + 2 * time / hours + state[warm_up:] + noise


def windows(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut every window: its past and its next day, both less the level, and the level."""
    cut = np.lib.stride_tricks.sliding_window_view(values, PAST + DAY)
    level = cut[:, PAST - DAY : PAST].mean(axis=1, keepdims=True)
    return cut[:, :PAST] - level, cut[:, PAST:] - level, level


def forecasts(values: np.ndarray, quick: bool) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Learn from the first three quarters; give each forecast of the rest, and the truth."""
    keras.utils.set_random_seed(gallery.SEED)
    held_out = len(values) * 3 // 4
    past, future, _ = windows(values[:held_out])
    test, truth, level = windows(values[held_out:])
    linear = RidgeCV(np.logspace(-2, 4, 7), cv=TimeSeriesSplit(3)).fit(past, future)

    epochs = 1 if quick else 16
    model = network()
    rate = keras.optimizers.schedules.CosineDecay(0.004, epochs * len(past) // 64)
    model.compile(keras.optimizers.Adam(rate), "mae")
    model.fit(past[..., None], future, batch_size=64, epochs=epochs, verbose=0)
    found = {
        "seasonal naive": test[:, -DAY:],
        "linear": linear.predict(test),
        "network": model.predict(test[..., None], batch_size=512, verbose=0),
    }
    return {name: value + level for name, value in found.items()}, truth + level


def run(quick: bool) -> gallery.Result:
    """Forecast both series three ways."""
    scores, errors = {}, {}
    for kind in ("linear", "non-linear"):
        values = series(kind, 600 if quick else 6000, np.random.default_rng(gallery.SEED))
        found, truth = forecasts(values, quick)
        errors[kind] = {name: np.abs(value - truth).mean(axis=0) for name, value in found.items()}
        for name, error in errors[kind].items():
            scores[f"MAE, {kind} series, {name}"] = float(error.mean())
    gain = 1 - errors["non-linear"]["network"].mean() / errors["non-linear"]["linear"].mean()
    scores["gain over linear, non-linear series"] = float(gain)
    return gallery.Result(
        title="Time series forecast, many-to-one GRU",
        scores=scores,
        figure=picture(values[len(values) * 3 // 4 :], found, errors),
        minima={"gain over linear, non-linear series": 0.4},
    )


def picture(values: np.ndarray, found: dict, errors: dict) -> gallery.Figure:
    """Draw one held-out day of the last series, and the errors of both series by hours ahead."""
    figure = gallery.Figure(figsize=(9, 6), layout="constrained")
    top, bottom = figure.subfigures(2, 1)
    axes = top.subplots()
    start = len(values) // 10
    hours = np.arange(-PAST, DAY)
    axes.plot(hours, values[start : start + PAST + DAY], color="black", label="truth")
    for name, (colour, dashes) in LOOKS.items():
        axes.plot(hours[PAST:], found[name][start], dashes, color=colour, label=name)
    axes.axvspan(0, DAY - 1, color=LIGHT, alpha=0.4, linewidth=0)
    axes.set(xlabel="hours from now", xlim=(-PAST, DAY - 1), xticks=range(-PAST, DAY, 12))
    axes.set_title("One held-out day of the non-linear series")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))

    for axes, (kind, by_name) in zip(
        bottom.subplots(1, 2, sharey=True), errors.items(), strict=True
    ):
        for name, (colour, dashes) in LOOKS.items():
            label = f"{name}: {by_name[name].mean():.2f}"
            axes.plot(np.arange(DAY) + 1, by_name[name], dashes, color=colour, label=label)
        axes.set(xlabel="hours ahead", xticks=[1, 6, 12, 18, 24])
        axes.set_title(f"Mean absolute error, {kind} series")
        axes.legend()
    bottom.axes[0].set(ylabel="MAE", ylim=(0, None))
    return figure


# What to take from it: compare with a linear model first. Where the series moves linearly, ridge
# regression is the right model, takes a second, and is better than the network. Where the rule is
# non-linear, no weighted sum of the same 72 hours can follow it, and the network more than halves
# the error. The seasonal-naive forecast tells how much there was to win at all.

if __name__ == "__main__":
    gallery.main(run)
