r"""How near a train step comes to the arithmetic floor, and where its time goes.

Limit measured against: the multiply-adds of the network itself, forward and backward, at the peak
of a large matrix product in the same precision in the same run (and at the data sheet's figure with
``--peak``, in TFLOP/s: 989 for bfloat16 on an H100 SXM). The rows are

- the step that ``danq train`` takes, in windows/s, and what an epoch of 4.4 million windows takes
  at that speed, for every precision and batch size;
- forward and backward of every layer by itself, added up by kind: convolution (with its activation
  and pooling), recurrence, dense, dropout; the optimizer's update; the input, from codes in host
  memory to one-hot on the device; what is left of the step is losses, metrics and launching;
- launching: a step of the same layers with next to no arithmetic in them, one window at a hundredth
  of the width, from host memory to its loss. Taking several steps in one call can spare this much a
  step at most, and where the host runs ahead of the device it spares none of it;
- the step in its other forms (``--forms``): ``plain`` activates before it pools, ``pooled`` after,
  as ``danq train`` does.

Measured alternately, medians. On a CPU a few minutes with the defaults; on a GPU unchanged:

    KERAS_BACKEND=jax python benchmarks/epoch.py --batch-sizes 512 1024 2048 4096 8192 \
        --precisions bfloat16 float32 --repeats 20 --peak 989
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from common import device
from common.arithmetic import operations, work

from danq import models
from danq.models.devices import prepare_devices
from danq.models.encoding import OneHot, logits_from_codes
from danq.models.precision import with_precision
from danq.training.settings import Settings, settings_for
from danq.training.step.both_ways import BothWays
from danq.training.step.pooling import Chain, PooledConvolution, training_logits
from danq.training.step.stepper import build_stepper, compiled_step, sending

NETWORKS: dict[str, Callable[..., keras.Model]] = {
    "deepsea": models.deepsea,
    "danq": models.danq,
}
FORMS = {"plain": logits_from_codes, "pooled": training_logits}
EPOCH = 4_400_000
TARGET_SECONDS = 60
NEXT_TO_NOTHING = 0.01
KINDS = ("convolution", "recurrence", "dense", "dropout")


def main() -> None:
    """Measure every network in every precision."""
    options = _options()
    print(prepare_devices())
    figures: dict[str, float] = {}
    for precision in options.precisions:
        peak = device.matmul_peak(precision, options.matrix, options.repeats)
        figures[f"{precision}_matmul_tflops"] = peak / 1e12
        print(
            f"\n{precision}: a matrix product of {options.matrix} reaches {peak / 1e12:.3g} TFLOP/s"
        )
        for name in options.networks:
            figures |= _network(name, precision, peak, options)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=[*NETWORKS])
    parser.add_argument("--precisions", nargs="+", default=["float32"])
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[32, 128])
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=[*FORMS])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--matrix", type=int, default=2048, help="rows and columns of the product")
    parser.add_argument("--peak", type=float, help="data sheet, TFLOP/s")
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser.parse_args()


def _network(
    name: str, precision: str, peak: float, options: argparse.Namespace
) -> dict[str, float]:
    """Print the tables of one network in one precision."""
    key = f"{name}_{precision}"
    network = NETWORKS[name](width=options.width)
    each = operations(network)
    floor = {"measured peak": peak}
    if options.peak:
        floor["data sheet"] = options.peak * 1e12
    print(f"\n{name}, {precision}: {each / 1e9:.2f} GFLOP a window, forward and backward")
    for layer in work(network):
        share = layer.operations / each
        print(f"  {layer.layer:<18}{layer.kind:<13}{layer.operations / 1e9:>8.3f}{share:>7.0%}")
    figures = {f"{key}_gflop": each / 1e9}
    for source, rate in floor.items():
        print(f"floor of an epoch at the {source}: {EPOCH * each / rate:,.0f} s")
        figures[f"{key}_floor_{source.replace(' ', '_')}_s"] = EPOCH * each / rate
    print(f"{'batch':>6}{'form':>8}{'ms':>10}{'windows/s':>11}{'epoch s':>10}{'of peak':>9}")
    for batch in options.batch_sizes:
        steps = {form: _step(name, form, precision, batch, options) for form in options.forms}
        for form, seconds in _alternately(steps, options.repeats).items():
            speed = batch / seconds
            reached = speed * each / peak
            print(
                f"{batch:>6}{form:>8}{seconds * 1e3:>10.1f}{speed:>11,.0f}"
                f"{EPOCH / speed:>10,.0f}{reached:>9.0%}"
            )
            figures[f"{key}_{form}_{batch}_windows_per_s"] = speed
            figures[f"{key}_{form}_{batch}_of_peak"] = reached
    figures |= _shares(name, precision, options.batch_sizes[-1], options)
    figures |= _launching(name, precision, options)
    return figures


def _settings(name: str, precision: str) -> Settings:
    return settings_for(name, precision=precision)


def _batch(batch: int, network: keras.Model) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(batch)
    codes = random.integers(0, 4, (batch, network.input_shape[1])).astype(np.uint8)
    labels = (random.random((batch, network.output_shape[1])) < 0.02).astype(np.uint8)
    return codes, labels


def _made(name: str, precision: str, options: argparse.Namespace) -> keras.Model:
    keras.utils.set_random_seed(1)
    network = NETWORKS[name](width=options.width)
    return network if precision == "float32" else with_precision(network, precision)


def _stepper(network: keras.Model, name: str, form: str, precision: str) -> Any:
    """Compile as `danq train` does, in one of the forms of the network."""
    settings = _settings(name, precision)
    return build_stepper(network, settings, unknown=0.0, total_steps=1000, form=FORMS[form])


def _step(
    name: str, form: str, precision: str, batch: int, options: argparse.Namespace
) -> Callable[[], Any]:
    network = _made(name, precision, options)
    stepper = _stepper(network, name, form, precision)
    return _taken(stepper, *_batch(batch, network))


def _taken(stepper: Any, codes: np.ndarray, labels: np.ndarray) -> Callable[[], float]:
    """Return a call of the step, from host memory to a loss that has come back."""
    step, send = compiled_step(stepper), sending()
    return lambda: float(keras.ops.convert_to_numpy(step(*send((codes, labels)))))


def _shares(name: str, precision: str, batch: int, options: argparse.Namespace) -> dict[str, float]:
    """Time every part by itself, and the step without the optimizer and without the input."""
    network = _made(name, precision, options)
    stepper = _stepper(network, name, "pooled", precision)
    codes, labels = _batch(batch, network)
    parts: dict[str, list[str]] = {kind: [] for kind in KINDS}
    runs: dict[str, Callable[[], Any]] = {"step": _taken(stepper, codes, labels)}
    shape = (batch, *network.input_shape[1:])
    for place, layer in enumerate(_chain(stepper)):
        kind = _kind(layer)
        if kind is not None:
            parts[kind].append(layer.name)
            dtype = layer.compute_dtype
            runs[layer.name] = device.forward_backward(layer, shape, dtype, inputs=place > 0)
        shape = tuple(layer.compute_output_shape(shape))
    runs["optimizer"] = device.update(stepper)
    one_hot = OneHot(dtype=stepper.layers[1].dtype_policy)
    runs["input"] = device.forward(one_hot, codes, labels)
    runs["forward and backward"] = device.whole_backward(stepper, codes, labels)
    found = _alternately(runs, options.repeats)
    step = found["step"]
    shares = {kind: sum(found[layer] for layer in names) for kind, names in parts.items()}
    shares = {kind: seconds for kind, seconds in shares.items() if seconds}
    shares |= {"optimizer": found["optimizer"], "input": found["input"]}
    shares["rest"] = step - sum(shares.values())
    print(f"{name}, {precision}, batch {batch}: the step takes {step * 1e3:.1f} ms, of which")
    for part, seconds in shares.items():
        print(f"  {part:<22}{seconds * 1e3:>9.1f} ms{seconds / step:>7.0%}")
    without = found["forward and backward"]
    print(f"  without the optimizer {without * 1e3:>9.1f} ms{without / step:>7.0%}")
    key = f"{name}_{precision}_{batch}"
    return {f"{key}_share_{part}": seconds / step for part, seconds in shares.items()} | {
        f"{key}_without_optimizer": without / step
    }


def _launching(name: str, precision: str, options: argparse.Namespace) -> dict[str, float]:
    """Time a step in which there is next to nothing to compute."""
    empty = argparse.Namespace(**{**vars(options), "width": NEXT_TO_NOTHING})
    step = {"launching": _step(name, "pooled", precision, 1, empty)}
    seconds = _alternately(step, max(20, options.repeats))["launching"]
    batch = options.batch_sizes[-1]
    allowed = batch * TARGET_SECONDS / EPOCH
    print(
        f"{name}, {precision}: launching takes {seconds * 1e3:.1f} ms at most; for an epoch in "
        f"{TARGET_SECONDS} s a step of {batch} may take {allowed * 1e3:.1f} ms"
    )
    return {f"{name}_{precision}_launching_s": seconds}


def _chain(stepper: Any) -> list[Any]:
    """Return the layers from one-hot to logits, in their order."""
    inner = stepper.layers[-1]
    found = inner.layers
    if not isinstance(inner, Chain):
        found = [layer for layer in found if not isinstance(layer, keras.layers.InputLayer)]
    return found


def _kind(layer: Any) -> str | None:
    if isinstance(layer, (PooledConvolution, keras.layers.Conv1D, keras.layers.MaxPooling1D)):
        return "convolution"
    if isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional, BothWays)):
        return "recurrence"
    if isinstance(layer, keras.layers.Dropout):
        return "dropout"
    return "dense" if isinstance(layer, keras.layers.Dense) else None


def _alternately(runs: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Return the median seconds of each, called in turns, the first turn not counted."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(repeats + 1):
        for name, run in runs.items():
            begun = time.perf_counter()
            run()
            if repeat:
                taken[name].append(time.perf_counter() - begun)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


if __name__ == "__main__":
    main()
