"""Models of the tracks of the race and of the shipped data, fitted once and kept in files."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from divecast import ByRecording, ByTime, Calendar, DeepDIVE, Label, Panel, Recordings, TrainingConfig, datasets
from divecast.data import Split
from research.race.panels import read_panel
from research.race.tracks import TRACKS

SHIPPED = ("loads", "motion")
_EPOCHS = {"electricity": 12, "etth1": 3, "etth2": 3}


@dataclass(frozen=True, slots=True)
class Case:
    """Data with a model that is not fitted yet, and how they are split."""

    data: Panel | Recordings
    split: Split
    model: DeepDIVE

    @classmethod
    def of(cls, name: str, root: Path | None, seed: int) -> "Case":
        """Return a case by name: a track of the race, read below ``root``, or one of ``SHIPPED``."""
        if name == "loads":
            return cls(datasets.load("loads"), ByTime(3, 1, 1), DeepDIVE(24, 168, ["hour", "weekday"], seed=seed))
        if name == "motion":
            return cls(datasets.load("motion"), ByRecording(), DeepDIVE(50, 200, ["exercise", "side"], seed=seed))
        if root is None:
            raise ValueError(f"expected a folder of data for {name!r}; name it with --data")
        track = TRACKS[name]
        panel = read_panel(track, root, small=False)
        labels = {each: panel.covariate(each).astype(np.float64) for each in track.labels}
        factors: list[Calendar | Label]
        factors = [*(Calendar(each, tz=track.zone) for each in track.calendar), *map(Label, track.labels)]
        training = TrainingConfig(epochs=_EPOCHS.get(name, TrainingConfig().epochs))
        model = DeepDIVE(
            track.horizons[0], track.lookback, factors, covariates=track.covariates, training=training, seed=seed
        )
        return cls(replace(panel, labels=labels), ByTime(*track.rows), model)

    def fitted(self, path: Path) -> DeepDIVE:
        """Return the model of a file, or fit it and write the file."""
        if not path.is_file():
            self.model.fit(self.data, self.split, progress=False).save(path)
        return DeepDIVE.load(path)
