"""A table and settings of a fit that takes a second on one core and whose files are a MB or two."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from divecast.data import write_frame

SETTINGS = """
horizon = 6
lookback = 24
factors = ["hour", "weekday"]

[model.encoder]
n_mixtures = 4
time_features = 8
width = {width}

[model.code]
n_conditional = 4

[model.decoder]
token_width = 16
n_heads = 2
n_loadings = 4
width = {width}
depth = 1
channel_features = 4

[training]
epochs = {epochs}
batch_size = 32
"""


@dataclass(frozen=True, slots=True)
class SmallFit:
    """A folder with all that a fit needs.

    Attributes:
        folder: where the files are, and the model goes.
    """

    folder: Path

    @property
    def table(self) -> Path:
        """Four channels by the hour."""
        return self.folder / "panel.csv"

    @property
    def settings(self) -> Path:
        """Of model and training."""
        return self.folder / "settings.toml"

    @property
    def model(self) -> Path:
        """What the fit makes."""
        return self.folder / "model.safetensors"

    @property
    def checkpoint(self) -> Path:
        """The state of the fit until it is done."""
        return self.folder / "model.safetensors.checkpoint"

    @property
    def command(self) -> tuple[str, ...]:
        """The fit as arguments of ``divecast``; it resumes from a checkpoint."""
        settings, model = str(self.settings), str(self.model)
        return "fit", str(self.table), "--config", settings, "--out", model, "--resume", "--json"


def prepare(folder: Path, width: int = 128, epochs: int = 3, days: int = 30) -> SmallFit:
    """Write table and settings, the same at each call."""
    fit = SmallFit(folder)
    rows, noise = np.arange(days * 24), np.random.default_rng(0).normal(size=(4, days * 24))
    values = {
        f"site {at}": np.sin(2 * np.pi * (rows + 3 * at) / 24) + (rows // 24 % 7 > 4) + 0.2 * noise[at]
        for at in range(4)
    }
    stamps = np.datetime64("2024-01-01", "s") + rows * np.timedelta64(3600, "s")
    write_frame({"time": stamps, **values}, fit.table)
    fit.settings.write_text(SETTINGS.format(width=width, epochs=epochs), "utf-8")
    return fit
