"""One entry's process: fit, roll over the test part, leave forecasts and what they cost.

    python -m research.race.process FOLDER MODULE NAME

Run by ``research.race.run``, with the python of the entry's environment; needs numpy and what the entry imports.
"""

import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from research.common import forget_peak, peak_mib
from research.model_versions import MODEL
from research.race.contract import INTERVAL, LEVELS, Forecaster, Forecasts, Known, Origins
from research.race.heats import Floats, Heat

_VALUES_AT_ONCE = 8_000_000  # forecasts held at once: 32 MB of points


@contextmanager
def costs(into: dict[str, float]) -> Iterator[None]:
    """Note wall and CPU seconds and the peak of the memory of the block."""
    forget_peak()
    wall, core = time.perf_counter(), time.process_time()
    yield
    into["seconds"] = round(time.perf_counter() - wall, 3)
    into["core_seconds"] = round(time.process_time() - core, 3)
    into["peak_mib"] = round(peak_mib(), 1)


def roll_all(model: Forecaster, heat: Heat, rows: Floats, points: Floats) -> bool:
    """Fill ``points`` chunk by chunk, with an interval where the entry has one; return whether it has."""
    chunk = max(1, _VALUES_AT_ONCE // (heat.horizon * len(heat.channels)))
    bounded = False
    for at in range(0, len(heat.origins), chunk):
        found = _checked(model.roll(rows, heat.origins[at : at + chunk], INTERVAL), heat, INTERVAL)
        points[at : at + len(found.points)] = found.points
        bounded = found.quantiles is not None
    return bounded


def sees_the_past_only(model: Forecaster, heat: Heat, rows: Floats, points: Floats) -> float:
    """Forecast from a few origins again, with nothing there but the past; return the largest difference.

    It is relative to the largest forecast of the series in the window. An entry that looked ahead, or at the windows
    beside, stands out here.
    """
    worst = 0.0
    for at in np.linspace(0, len(heat.origins) - 1, 3).astype(int):
        origin = heat.origins[at : at + 1]
        alone = model.roll(rows[: origin[0]].copy(), origin, INTERVAL).points[0]
        ratios = np.abs(alone - points[at]).max(axis=0) / (np.abs(points[at]).max(axis=0) + 1e-9)
        worst = max(worst, float(ratios.max()))
    return worst


def one_window_ms(model: Forecaster, heat: Heat, rows: Floats) -> float:
    """Return the median time of a forecast of a single window, ms."""
    took: list[float] = []
    while len(took) < 20 and sum(took) < 5.0:
        origin = heat.origins[len(took) : len(took) + 1]
        began = time.perf_counter()
        model.roll(rows[: origin[0]], origin, INTERVAL)
        took.append(time.perf_counter() - began)
    return round(1e3 * float(np.median(took)), 3)


def race(folder: Path, module: str, name: str) -> dict[str, Any]:
    """Run the entry and return what it cost."""
    heat = Heat.read(folder)
    past, known = np.load(folder / "past.npy"), Known(*(np.load(folder / f"{n}.npy") for n in ("calendar", "columns")))
    entry = importlib.import_module(f"research.race.entries.{module}").enter(name)
    fit: dict[str, float] = {}
    with costs(fit):
        model = entry.fit(heat, past, known)
    for name in ("seconds", "core_seconds"):  # of runs of the same fit that were stopped
        fit[name] = round(fit[name] + model.settings.get(f"earlier_{name}", 0.0), 3)
    rows = np.load(folder / "rows.npy")
    shape = (len(heat.origins), heat.horizon, len(heat.channels))
    points = np.lib.format.open_memmap(folder / "points.npy", mode="w+", dtype=np.float32, shape=shape)
    predict: dict[str, float] = {}
    with costs(predict):
        bounded = roll_all(model, heat, rows, points)
    if bounded:
        _save_quantiles(folder, _thinned(model, heat, rows))
    np.save(folder / "valid.npy", _valid(model, heat, past))
    return {
        "fit": fit,
        "predict": {**predict, "windows": shape[0], "interval": bounded},
        "one_window_ms": one_window_ms(model, heat, rows),
        "past_only": sees_the_past_only(model, heat, rows, points),
        "weights": int(model.weights),
        "settings": model.settings,
        "versions": _versions(),
    }


def _thinned(model: Forecaster, heat: Heat, rows: Floats) -> Floats:
    """Return quantiles (level, origin, horizon, series) from every ``every``-th origin."""
    parts = [model.roll(rows, origins, LEVELS).quantiles for origins in _pieces(heat.origins[:: heat.every], heat)]
    return np.concatenate([part for part in parts if part is not None], axis=1)


def _valid(model: Forecaster, heat: Heat, past: Floats) -> Floats:
    """Return points (origin, horizon, series) from origins of the validation part."""
    return np.concatenate([model.roll(past, origins, INTERVAL).points for origins in _pieces(heat.valid_origins, heat)])


def _pieces(origins: Origins, heat: Heat) -> list[Origins]:
    size = max(1, _VALUES_AT_ONCE // (heat.horizon * len(heat.channels) * len(LEVELS)))
    return [origins[at : at + size] for at in range(0, len(origins), size)]


def _save_quantiles(folder: Path, quantiles: Floats) -> None:
    np.save(folder / "quantiles.npy", quantiles.astype(np.float32, copy=False))


def _checked(found: Forecasts, heat: Heat, levels: tuple[float, ...]) -> Forecasts:
    """Refuse shapes that numpy would stretch to fit; the track checks what is in the files."""
    wanted = (heat.horizon, len(heat.channels))
    bounds = found.quantiles
    if found.points.shape[1:] != wanted or (bounds is not None and bounds.shape != (len(levels), *found.points.shape)):
        shapes = found.points.shape, None if bounds is None else bounds.shape
        raise ValueError(f"expected forecasts of shape (origin, {wanted[0]}, {wanted[1]}), got {shapes}")
    return found


def _versions() -> dict[str, str]:
    names = ("torch", "numpy", "pandas", "divecast", "neuralforecast", "lightgbm")
    found = {name: getattr(sys.modules.get(name), "__version__", "") for name in names}
    return {
        "python": sys.version.split()[0],
        "model": str(MODEL),
        **{name: str(version) for name, version in found.items() if version},
    }


if __name__ == "__main__":
    place = Path(sys.argv[1])
    (place / "costs.json").write_text(json.dumps(race(place, *sys.argv[2:4])), encoding="utf-8")
