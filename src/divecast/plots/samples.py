"""Plot of samples from the prior."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.inference.results import Samples
from divecast.plots.display import Display
from divecast.plots.narrow import Series, pick_series
from divecast.plots.style import BLUE, GREY, as_text, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class SamplesDisplay(Display):
    """Samples of windows and their futures, one panel per series and one line per sample.

    Attributes:
        samples: the samples and series shown.

    Example:
        >>> from divecast.plots import SamplesDisplay
        >>> SamplesDisplay.from_samples(model.sample(5), "G0-A").samples.x.shape
        (5, 48, 1)
    """

    samples: Samples

    @classmethod
    def from_samples(cls, samples: Samples, series: Series = None, n: int = 20) -> "SamplesDisplay":
        """Choose samples and series.

        Args:
            samples: from ``DeepDIVE.sample``.
            series: names of channels; the first three by default.
            n: number of samples, the first ones.

        Raises:
            ConfigError: there is no such series.

        Example:
            >>> from divecast.plots import SamplesDisplay
            >>> len(SamplesDisplay.from_samples(model.sample(5), n=2).samples.x)
            2
        """
        shown = pick_series(samples.channels, series)
        kept = replace(
            samples,
            channels=tuple(samples.channels[channel] for channel in shown),
            x=samples.x[:n, :, shown],
            y=samples.y[:n, :, shown],
            labels={name: labels[:n] for name, labels in samples.labels.items()},
        )
        return cls(kept)

    def frame(self) -> Any:
        """Return ``Samples.frame`` of what is shown, one row per sample and step.

        Example:
            >>> from divecast.plots import SamplesDisplay
            >>> len(SamplesDisplay.from_samples(model.sample(5), n=2).frame())
            144
        """
        return self.samples.frame()

    def _draw(self, ax: Any) -> "Figure":
        samples, names = self.samples, self.samples.channels
        lookback, horizon = samples.x.shape[1], samples.y.shape[1]
        steps = np.arange(1 - lookback, horizon + 1)
        figure, axes = panels(ax, (len(names), 1), 0.9 + 1.5 * len(names))
        for channel, (panel, name) in enumerate(zip(axes, names, strict=True)):
            lines = np.concatenate([samples.x[:, :, channel], samples.y[:, :, channel]], axis=1)
            panel.plot(steps, lines.T, color=BLUE, lw=0.7, alpha=0.6)
            panel.axvline(0.5, color=GREY, lw=0.6, ls=":")
            panel.set_title(as_text(name), loc="left")
            panel.margins(x=0.01)
        axes[-1].set_xlabel("step; 1 is the first step after the window")
        return figure
