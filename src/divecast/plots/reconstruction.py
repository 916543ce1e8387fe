"""Plot of a window and its reconstruction."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from divecast.inference.results import Reconstruction
from divecast.plots.display import Display
from divecast.plots.narrow import Series, narrow_reconstruction, pick_series, pick_window
from divecast.plots.style import INK, ORANGE, as_text, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class ReconstructionDisplay(Display):
    """The observed values of one window and their reconstruction from the code, one panel per series.

    Attributes:
        reconstruction: of the window and the series shown.

    Example:
        >>> from divecast.plots import ReconstructionDisplay
        >>> display = ReconstructionDisplay.from_reconstruction(model.reconstruct(panel, every=25), "G0-A")
        >>> display.reconstruction.channels
        ('G0-A',)
    """

    reconstruction: Reconstruction

    @classmethod
    def from_reconstruction(
        cls, reconstruction: Reconstruction, series: Series = None, window: int = 0
    ) -> "ReconstructionDisplay":
        """Choose a window and series.

        Args:
            reconstruction: of one or more windows.
            series: names of channels; the first three by default.
            window: index of the window; negative ones count from the end.

        Raises:
            ConfigError: there is no such window or series.

        Example:
            >>> from divecast.plots import ReconstructionDisplay
            >>> display = ReconstructionDisplay.from_reconstruction(model.reconstruct(panel, every=25), window=-1)
            >>> display.reconstruction.mean.shape
            (1, 48, 3)
        """
        shown = pick_series(reconstruction.channels, series)
        picked = pick_window(len(reconstruction.mean), window)
        return cls(narrow_reconstruction(reconstruction, picked, shown))

    def frame(self) -> Any:
        """Return ``Reconstruction.frame`` of what is shown, one row per series and step.

        Example:
            >>> from divecast.plots import ReconstructionDisplay
            >>> display = ReconstructionDisplay.from_reconstruction(model.reconstruct(panel, every=25), "G0-A")
            >>> len(display.frame())
            48
        """
        return self.reconstruction.frame()

    def _draw(self, ax: Any) -> "Figure":
        names, keys = self.reconstruction.channels, self.reconstruction.keys
        figure, axes = panels(ax, (len(names), 1), 0.9 + 1.5 * len(names))
        for channel, (panel, name) in enumerate(zip(axes, names, strict=True)):
            panel.plot(keys.stamps[0], self.reconstruction.truth[0, :, channel], color=INK, lw=0.9, label="observed")
            mean = self.reconstruction.mean[0, :, channel]
            panel.plot(keys.stamps[0], mean, color=ORANGE, lw=1.2, label="reconstruction")
            panel.set_title(as_text(name), loc="left")
            panel.margins(x=0.01)
        axes[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
        if keys.recordings is not None:
            axes[-1].set_xlabel(f"seconds of {as_text(keys.recordings[0])}")
        return figure
