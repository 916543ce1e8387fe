"""Print hashes of the weights and answers of two small fixed fits: a change that moves code must not change them.

Usage::

    python scripts/fingerprint_fits.py > before.txt   # on the commit before
    python scripts/fingerprint_fits.py | diff before.txt -

Equal only on the same machine with the same number of threads.
"""

import hashlib
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from divecast import DataWarning, DeepDIVE, LossConfig, TrainingConfig, datasets


def weights(model: DeepDIVE) -> Iterator[Any]:
    """Yield all tensors of the saved model, in an order that does not depend on their names."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        model.save(path)
        tensors = [tensor.double().numpy() for tensor in load_file(path).values()]
    yield from sorted(tensors, key=lambda array: (array.shape, array.tobytes()))


def answers(model: DeepDIVE, data: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield the arrays of what the model says of its data."""
    yield "weights", list(weights(model))
    forecast = model.forecast(data)
    yield "forecast", [forecast.mean, forecast.quantiles]
    codes = model.encode(data, part="test", every=5)
    yield "codes", [codes.a_mean, codes.a_sd, *codes.b_mean, *codes.b_sd, *codes.probabilities, codes.attention]
    labels = model.infer_labels(data, part="test", every=5)
    yield "labels", [*labels.probabilities, labels.given]
    yield "reconstruction", [model.reconstruct(data, part="test", every=50).mean]
    samples = model.sample(5)
    yield "samples", [samples.x, samples.y]
    scores = model.evaluate(data, every=5)
    yield "scores", [np.array(sorted(f"{value:.12g}" for value in _numbers(scores)))]
    anomalies = model.anomalies(data, "test", 5)
    yield "anomalies", [np.array(sorted(f"{value:.12g}" for value in _numbers(anomalies)))]
    why = model.why(data, "test", 11)
    yield "why", [np.array(sorted(f"{value:.12g}" for value in _numbers(why)))]


def _numbers(result: Any) -> Iterator[float]:
    for name in sorted(getattr(type(result), "__dataclass_fields__", {})):
        value = getattr(result, name)
        if isinstance(value, float | np.floating):
            yield float(value)
        elif isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.floating):
            yield from value.ravel().tolist()
        elif isinstance(value, dict):
            for key in sorted(value):
                yield from _numbers(value[key])
        elif hasattr(type(value), "__dataclass_fields__"):
            yield from _numbers(value)


def digest(arrays: list[Any]) -> str:
    """Return the SHA-256 of arrays, shapes and kinds of number included."""
    found = hashlib.sha256()
    for array in map(np.ascontiguousarray, arrays):
        found.update(f"{array.shape}{array.dtype}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def main() -> None:
    """Fit on a panel and on recordings, and print a line for each kind of answer."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", DataWarning)
    quick = TrainingConfig(epochs=2, window_stride=5)
    loads, motion = datasets.load("loads"), datasets.load("motion")
    panel = DeepDIVE(24, 168, ["hour", "weekday"], training=quick, seed=3).fit(loads, progress=False)
    recorded = DeepDIVE(
        20, 100, ["exercise", "side"], training=TrainingConfig(epochs=2, window_stride=60), losses=LossConfig(), seed=4
    ).fit(motion, progress=False)
    what_if = panel.what_if(loads, factor="weekday", to="Sunday", at="2016-12-26T01:00")
    for name, model, data in (("loads", panel, loads), ("motion", recorded, motion)):
        for kind, arrays in answers(model, data):
            print(name, kind, digest(arrays))
    print("loads what_if", digest([what_if.difference]))


if __name__ == "__main__":
    main()
