"""divecast on recordings of people: whole people are for validation, and the labels of recordings are not told."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from divecast import ByGroup, DeepDIVE, Recordings
from research.race.contract import Forecasts, Origins
from research.race.entries.deepdive_settings import Settings
from research.race.heats import Floats, Heat
from research.race.windows import pasts

_PERSON = "person"


@dataclass(frozen=True, eq=False, slots=True)
class FittedToRecordings:
    """A fitted model."""

    model: DeepDIVE
    heat: Heat

    @property
    def weights(self) -> int:
        """Parameters and buffers."""
        return int(self.model.info()["weights"])

    @property
    def settings(self) -> dict[str, Any]:
        """All of them, and the passes that were made."""
        passes = len(self.model.history.records)
        return {**self.model.info()["settings"], "epochs_run": passes}

    def roll(self, rows: Floats, origins: Origins, levels: tuple[float, ...]) -> Forecasts:
        """Forecast what follows each window, given as a recording of its own."""
        windows = Recordings.from_arrays(list(pasts(rows, origins, self.heat.lookback)), channels=self.heat.channels)
        found = self.model.forecast(windows, levels=levels)
        return Forecasts(found.mean, found.quantiles)


def fit_recordings(settings: Settings, heat: Heat, past: Floats) -> FittedToRecordings:
    """Fit to the recordings of the training and validation part."""
    n_recordings = int(np.searchsorted(heat.starts, heat.past))
    people = heat.people[:n_recordings]
    in_validation = np.array(heat.starts[:n_recordings]) >= heat.n_train
    recordings = Recordings.from_arrays(
        np.split(past, heat.starts[1:n_recordings]), labels={_PERSON: people}, channels=heat.channels
    )
    valid = tuple(sorted({person for person, held_out in zip(people, in_validation, strict=True) if held_out}))
    model = DeepDIVE(
        heat.horizon,
        heat.lookback,
        (),
        model=settings.model,
        training=replace(settings.training, window_stride=heat.train_every),
        losses=settings.losses,
        seed=heat.seed,
    )
    model.fit(recordings, ByGroup(_PERSON, valid=valid), progress=False)
    return FittedToRecordings(model, heat)
