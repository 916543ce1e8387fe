"""Forecasts of statsforecast, made by the python of the rivals: one file per data set.

PYTHONPATH=. .venv-rivals/bin/python -m research.short_series.rivals "drawn 0" monthly 400 FILE.npz
"""

import sys
import time
from typing import Any

import numpy as np

from research.short_series.series import KINDS, QUANTILES, series_of

ENTRIES = ("SeasonalNaive", "AutoETS", "AutoTheta", "AutoCES")


def main() -> None:
    """Forecast every series with every entry, and write mean, quantiles and seconds."""
    from statsforecast import models

    name, kind_name, n, out = sys.argv[1:]
    kind = KINDS[kind_name]
    found: dict[str, Any] = {}
    for entry in ENTRIES:
        began, means, quantiles = time.process_time(), [], []
        for values in series_of(name, kind, int(n)):
            model = getattr(models, entry)(season_length=kind.season)
            past = values[: -kind.horizon].astype(np.float64)
            got = model.forecast(y=past, h=kind.horizon, level=[20, 40, 60, 80, 90])
            means.append(got["mean"])
            tails = (
                [got[f"lo-{level}"] for level in (90, 80, 60, 40, 20)],
                [got[f"hi-{level}"] for level in (20, 40, 60, 80, 90)],
            )
            quantiles.append(np.stack([*tails[0], got["mean"], *tails[1]]))
        found[f"{entry} mean"], found[f"{entry} quantiles"] = np.stack(means), np.stack(quantiles)
        found[f"{entry} seconds"] = time.process_time() - began
    assert len(QUANTILES) == found[f"{ENTRIES[0]} quantiles"].shape[1]  # noqa: S101
    np.savez(out, **found)


if __name__ == "__main__":
    main()
