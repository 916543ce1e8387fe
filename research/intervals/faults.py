"""What the 90 % interval of a series holds after something happened to it; each model adds a line to faults.jsonl.

    python -m research.intervals.faults loads

The shipped loads, in the parts of ``research.intervals.run``. In each window of the test part one series is changed,
each in turn: its last values are missing; its level or its scale has changed, and stays so; or its meter is stuck,
while the true values go on. Counted is what is held of this series at all steps and at the first one, and of the
others, with the mean absolute error and the width of the interval of the changed one in units of its spread. For the
last line of the table half of the series have another level from a third of the test part on, the model observes
every row before the next forecast, and forecasts from two days after the change on are counted. With ``--models``,
fitted models are kept and read again. ``python -m research.intervals.page`` writes docs/intervals.md.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from divecast import DeepDIVE
from divecast.data import split
from divecast.inference import (
    FittedModel,
    batch_of,
    complete,
    mean_and_quantiles,
    phases_told,
    pieces,
    residuals_of,
    rolling_of,
)
from divecast.types import Batch
from research.common import add_run
from research.intervals.models import Case
from research.scripts import run_parser

OUT = Path(__file__).with_name("faults.jsonl")
TAILS = (0.05, 0.95)
_SEEDS, _SD, _LATER = 3, 3.0, 48
Line = dict[str, Any]
Change = Callable[[Batch, Tensor, Tensor], Batch]


def _last(batch: Batch, n: int, drawn: Tensor) -> Tensor:
    """Return the last rows of the drawn channels, (batch, time, channel) bool."""
    lookback = batch.x.shape[1]
    return drawn[:, None] & (torch.arange(lookback)[:, None] >= lookback - n)


def nothing() -> Change:
    """Leave the windows as they are."""
    return lambda batch, _drawn, _zero: batch


def outage(n: int) -> Change:
    """Remove the last values."""
    return lambda batch, drawn, _zero: replace(batch, x=torch.where(_last(batch, n, drawn), torch.nan, batch.x))


def level(n: int) -> Change:
    """Add three standard deviations to the last values and to those that follow."""

    def change(batch: Batch, drawn: Tensor, _zero: Tensor) -> Batch:
        x = torch.where(_last(batch, n, drawn), batch.x + _SD, batch.x)
        return replace(batch, x=x, y=torch.where(drawn[:, None], batch.y + _SD, batch.y))

    return change


def doubled(n: int) -> Change:
    """Double the last values, in original units, and those that follow."""

    def change(batch: Batch, drawn: Tensor, zero: Tensor) -> Batch:
        x, y = (each + (each - zero) for each in (batch.x, batch.y))
        x = torch.where(_last(batch, n, drawn), x, batch.x)
        return replace(batch, x=x, y=torch.where(drawn[:, None], y, batch.y))

    return change


def stuck(n: int) -> Change:
    """Repeat the value before the last ones."""

    def change(batch: Batch, drawn: Tensor, _zero: Tensor) -> Batch:
        before = batch.x.shape[1] - n - 1
        return replace(batch, x=torch.where(_last(batch, n, drawn), batch.x[:, before : before + 1], batch.x))

    return change


FAULTS: dict[str, Change] = {
    "none": nothing(),
    **{f"{n} last values missing": outage(n) for n in (6, 24, 72, 168)},
    **{f"+3 sd since {n} hours": level(n) for n in (6, 24)},
    "twice as large since 24 hours": doubled(24),
    **{f"stuck since {n} hours": stuck(n) for n in (6, 24, 72)},
}
OBSERVED = "+3 sd since two days and more, observed"


def held(fitted: FittedModel, data: Any, change: Change, every: int) -> Line:
    """Return what the interval of the changed series holds, and of the others."""
    inside = np.zeros(3)
    seen, absolute, width = np.zeros(3), 0.0, 0.0
    zero = torch.from_numpy(-fitted.scale.center / fitted.scale.spread)
    n_before = 0
    for piece in pieces(fitted, fitted.windows(data, "test", "score", every)):
        batch = batch_of(fitted, piece)
        n, n_channels = len(batch.x), batch.x.shape[2]
        drawn = torch.zeros(n, n_channels, dtype=torch.bool)
        drawn[torch.arange(n), (torch.arange(n) + n_before) % n_channels] = True
        n_before += n
        changed = change(batch, drawn, zero)
        forecast: Any = complete(fitted, changed, "known").forecast
        mean, (low, high) = mean_and_quantiles(fitted, forecast, TAILS, phases_told(batch.effects))
        truth, own = fitted.original(changed.y), np.broadcast_to(drawn.numpy()[:, None], mean.shape)
        known = ~np.isnan(truth)
        holds = known & (truth >= low) & (truth <= high)
        first = np.zeros_like(own)
        first[:, 0] = own[:, 0]
        for at, part in enumerate((own, first, ~own)):
            inside[at] += (holds & part).sum()
            seen[at] += (known & part).sum()
        absolute += (np.abs(truth - mean) / fitted.scale.spread)[own & known].sum()
        width += ((high - low) / fitted.scale.spread)[own & known].sum()
    shares = inside / seen
    return {
        "all": float(shares[0]),
        "first": float(shares[1]),
        "others": float(shares[2]),
        "mae": float(absolute / seen[0]),
        "width": float(width / seen[0]),
    }


def without_values(fitted: FittedModel, data: Any, every: int) -> Line:
    """Return mean absolute errors, in units of the spread, for series all of whose values are missing.

    They are those of the model, of the effects of the target rows alone, and of the training average of the series by
    hour and weekend: the test part has no month of the training part.
    """
    errors = {"model": 0.0, "effects": 0.0, "average": 0.0}
    hours = data.clock.local(np.arange(len(data.values)))
    weekend = (hours.astype("datetime64[D]").astype(np.int64) + 3) % 7 >= 5
    group = hours.astype("datetime64[h]").astype(np.int64) % 24 + 24 * weekend
    n_train = int(split(data, fitted.provenance.split).train.stop[-1])
    average = np.stack([np.nanmean(data.values[:n_train][group[:n_train] == each], axis=0) for each in range(48)])
    seen = n_before = 0
    for piece in pieces(fitted, fitted.windows(data, "test", "score", every)):
        batch = batch_of(fitted, piece)
        if batch.effects is None:
            raise TypeError("expected a model with effects")
        at = np.arange(len(batch.x))
        channel = (at + n_before) % batch.x.shape[2]
        n_before += len(at)
        drawn = torch.zeros(len(at), batch.x.shape[2], dtype=torch.bool)
        drawn[at, channel] = True
        forecast: Any = complete(fitted, outage(batch.x.shape[1])(batch, drawn, drawn), "known").forecast
        rows = np.minimum(piece.origins[:, None] + np.arange(fitted.shape.horizon), len(group) - 1)
        scaled = (average[group[rows]] - fitted.scale.center) / fitted.scale.spread
        truth = batch.y.numpy()
        for name, found in {"model": forecast.loc, "effects": batch.effects.ahead, "average": scaled}.items():
            errors[name] += float(np.nansum(np.abs(truth - np.asarray(found))[at, :, channel]))
        seen += int((~np.isnan(truth[at, :, channel])).sum())
    return {name: total / seen for name, total in errors.items()}


def observed(fitted: FittedModel, data: Any) -> Line:
    """Return what is held two days after a change of level of every other series, with all rows observed."""
    origins = fitted.windows(data, "test", "score").origins
    since = int(origins[len(origins) // 3])
    values = data.values.copy()
    values[since:, ::2] += _SD * fitted.scale.spread[::2]
    inside = seen = 0.0
    windows = fitted.windows_of(fitted.source(replace(data, values=values)), None, "encode")
    windows = windows.subset((windows.origins >= origins[0]) & (windows.origins < len(values)))
    rolling = rolling_of(fitted, int(origins[0]))
    for origin, residuals in residuals_of(fitted, windows):
        low, high = rolling.quantiles(origin, TAILS)
        rolling.add(origin, residuals)
        if origin >= since + _LATER:
            known = ~np.isnan(residuals[:, ::2])
            inside += ((residuals >= low) & (residuals <= high))[:, ::2][known].sum()
            seen += known.sum()
    return {"all": float(inside / seen)}


def main() -> int:
    """Make the runs that are missing."""
    parser = run_parser(__doc__, ("loads",), _SEEDS, OUT)
    parser.add_argument("--models", type=Path, help="folder of fitted models")
    parser.add_argument("--epochs", type=int, default=2, help="passes of a fit")
    parser.add_argument("--every", type=int, default=1, help="windows from one origin in so many")
    args = parser.parse_args()
    for seed in range(args.seeds):
        key = {"case": args.case, "seed": seed, "quick": args.quick}
        add_run(args.out, key, partial(_measured, args, seed))
    return 0


def _measured(args: argparse.Namespace, seed: int) -> Line:
    case = Case.of(args.case, None, seed)
    case = replace(case, model=case.model.set_params(training__epochs=args.epochs))
    if args.quick:
        case = replace(case, model=case.model.set_params(training__epochs=1, training__window_stride=29))
    with tempfile.TemporaryDirectory() as folder:
        model: DeepDIVE = case.fitted((args.models or Path(folder)) / f"{args.case}-{seed}.safetensors")
    fitted = model.fitted_model
    every = 29 if args.quick else args.every
    shares = {name: held(fitted, case.data, change, every) for name, change in FAULTS.items()}
    shares[OBSERVED] = observed(fitted, case.data)
    done = {"epochs": args.epochs, "every": args.every}
    return {**done, "held": shares, "without values": without_values(fitted, case.data, every)}


if __name__ == "__main__":
    sys.exit(main())
