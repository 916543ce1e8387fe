"""divecast itself, through its public estimator."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from divecast import ByTime, Calendar, DeepDIVE, Label, Panel
from research.race.contract import Forecasts, Known, Origins
from research.race.entries.deepdive_recordings import FittedToRecordings, fit_recordings
from research.race.entries.deepdive_settings import SETTINGS, Settings
from research.race.heats import Floats, Heat


@dataclass(frozen=True, eq=False, slots=True)
class FittedDeepDIVE:
    """Fitted models of the same settings; their means and quantiles are averaged.

    ``panel`` has the known columns of all rows, and the values of none after the fit. A row's effects depend on what is
    known of the days around it, so that is read of ``around`` rows before the look-back and after the horizon.
    """

    members: tuple[DeepDIVE, ...]
    panel: Panel
    lookback: int
    horizon: int
    around: int
    bfloat16: bool

    @property
    def weights(self) -> int:
        """Parameters and buffers."""
        return sum(int(member.info()["weights"]) for member in self.members)

    @property
    def settings(self) -> dict[str, Any]:
        """All of them, and the passes that were made, of all members."""
        settings = self.members[0].info()["settings"]
        passes = sum(len(member.history.records) for member in self.members)
        return {**settings, "members": len(self.members), "bfloat16": self.bfloat16, "epochs_run": passes}

    def roll(self, rows: Floats, origins: Origins, levels: tuple[float, ...]) -> Forecasts:
        """Forecast from rows that end at the last origin."""
        first, last = int(origins[0]), int(origins[-1])
        every = int(origins[1] - origins[0]) if len(origins) > 1 else 1
        begin = max(0, first - self.lookback - self.around)
        panel = self.panel.rows(begin, min(len(self.panel.values), last + self.horizon + self.around))
        values = np.full((len(panel.values), rows.shape[1]), np.nan, dtype=np.float32)
        values[: last - begin] = rows[begin:last]
        start, stop = panel.clock.at(np.array([first, last]) - begin)
        panel = replace(panel, values=values)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            found, *others = (
                member.forecast(panel, start=start, stop=stop, every=every, levels=levels) for member in self.members
            )
        for other in others:
            found.mean[...] += other.mean
            found.quantiles[...] += other.quantiles
        n_members = np.float32(len(self.members))
        return Forecasts(found.mean / n_members, found.quantiles / n_members)


@dataclass(frozen=True, slots=True)
class Entry:
    """The estimator with settings."""

    settings_of: Any

    def fit(self, heat: Heat, past: Floats, known: Known) -> FittedDeepDIVE | FittedToRecordings:
        """Fit; the calendar is made by divecast, from the clock."""
        settings: Settings = self.settings_of(heat.track)
        if heat.starts:
            return fit_recordings(settings, heat, past)
        lookback = settings.lookback or heat.lookback
        values = np.full((len(known.calendar), past.shape[1]), np.nan, dtype=np.float32)
        values[: len(past)] = past
        columns = dict(zip((*heat.covariates, *heat.labels), known.columns.T, strict=True))
        panel = replace(
            Panel.from_array(values, heat.start, heat.step, heat.channels, tz="UTC"),
            covariates={name: columns[name] for name in heat.covariates},
            labels={name: columns[name].astype(np.float64) for name in heat.labels},
        )
        members = tuple(_unfitted(settings, heat, lookback, at) for at in range(settings.members))
        for member in members:
            member.fit(panel.rows(0, len(past)), ByTime(heat.n_train, heat.n_valid, 0), progress=False)
        around = panel.clock.steps_per("day") or 1
        return FittedDeepDIVE(members, panel, lookback, heat.horizon, around, settings.bfloat16)


def _unfitted(settings: Settings, heat: Heat, lookback: int, member: int) -> DeepDIVE:
    return DeepDIVE(
        heat.horizon,
        lookback,
        [*(Calendar(name, tz=heat.zone) for name in heat.calendar), *map(Label, heat.labels)],
        covariates=heat.covariates,
        model=settings.model,
        training=settings.training,
        losses=settings.losses,
        seed=heat.seed + member,
    )


def enter(name: str) -> Entry:
    """Return the entry of a name of ``SETTINGS``."""
    return Entry(SETTINGS[name])
