"""divecast itself, through its public estimator."""

from dataclasses import dataclass, replace
from typing import Any

import torch

from divecast import ByTime, Calendar, DeepDIVE, Panel
from research.race.contract import Calendar as Known
from research.race.contract import Forecasts, Origins
from research.race.entries.deepdive_settings import SETTINGS, Settings
from research.race.heats import Floats, Heat


@dataclass(frozen=True, eq=False, slots=True)
class FittedDeepDIVE:
    """Fitted models of the same settings; their means and quantiles are averaged."""

    members: tuple[DeepDIVE, ...]
    panel: Panel
    lookback: int
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
        """Forecast from rows that start one lookback before the first origin and end at the last one."""
        first, last = int(origins[0]), int(origins[-1])
        every = int(origins[1] - origins[0]) if len(origins) > 1 else 1
        clock = self.panel.clock.rows(first - self.lookback, last)
        panel = replace(self.panel, values=rows[first - self.lookback : last], clock=clock)
        start = clock.at(origins[:1] - first + self.lookback)[0]
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            found, *others = (
                member.forecast(panel, start=start, every=every, levels=levels) for member in self.members
            )
        for other in others:
            found.mean[...] += other.mean
            found.quantiles[...] += other.quantiles
        return Forecasts(found.mean / len(self.members), found.quantiles / len(self.members))


@dataclass(frozen=True, slots=True)
class Entry:
    """The estimator with settings."""

    settings_of: Any

    def fit(self, heat: Heat, past: Floats, calendar: Known) -> FittedDeepDIVE:
        """Fit; the calendar is made by divecast, from the clock."""
        del calendar
        settings: Settings = self.settings_of(heat.track)
        lookback = settings.lookback or heat.lookback
        panel = Panel.from_array(past, heat.start, heat.step, heat.channels, tz="UTC")
        members = tuple(_unfitted(settings, heat, lookback, at) for at in range(settings.members))
        for member in members:
            member.fit(panel, ByTime(heat.n_train, heat.n_valid, 0), progress=False)
        return FittedDeepDIVE(members, panel, lookback, settings.bfloat16)


def _unfitted(settings: Settings, heat: Heat, lookback: int, member: int) -> DeepDIVE:
    return DeepDIVE(
        heat.horizon,
        lookback,
        [Calendar(name, tz=heat.zone) for name in heat.calendar],
        model=settings.model,
        training=settings.training,
        losses=settings.losses,
        seed=heat.seed + member,
    )


def enter(name: str) -> Entry:
    """Return the entry of a name of ``SETTINGS``."""
    return Entry(SETTINGS[name])
