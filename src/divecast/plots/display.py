"""The base of all displays."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from divecast.plots.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Display(ABC):
    """A plot of a result and the numbers it shows, as the displays of scikit-learn.

    Every display is created by a method ``from_...``, draws with ``plot`` and returns its numbers with ``frame``.

    Example:
        >>> from divecast.plots import ForecastDisplay
        >>> display = ForecastDisplay.from_forecast(model.forecast(panel), panel, series="G0-A")
        >>> figure = display.plot()
        >>> figure.axes[0].get_title(loc="left")
        'G0-A'
    """

    __slots__ = ()

    def plot(self, ax: Any = None) -> "Figure":
        """Draw the display.

        Args:
            ax: matplotlib axes to draw into, one or a sequence of as many as the display has panels; by default axes
                of a new figure.

        Returns:
            The figure of the axes. The settings of matplotlib are unchanged.

        Raises:
            ConfigError: wrong number of axes, or matplotlib is not installed.

        Example:
            >>> from matplotlib.figure import Figure
            >>> from divecast.plots import ConfusionDisplay
            >>> ax = Figure().subplots()
            >>> figure = ConfusionDisplay.from_labels(model.infer_labels(panel, every=25), "weekday").plot(ax)
            >>> ax.get_xlabel()
            'inferred'
        """
        with styled():
            return self._draw(ax)

    @abstractmethod
    def frame(self) -> Any:
        """Return the numbers shown, as a table of the kind of the data.

        Example:
            >>> from divecast.plots import ForecastDisplay
            >>> display = ForecastDisplay.from_forecast(model.forecast(panel), panel, series="G0-A", history=0)
            >>> list(display.frame().columns[:5])
            ['unique_id', 'origin', 'step', 'ds', 'truth']
        """

    @abstractmethod
    def _draw(self, ax: Any) -> "Figure":
        """Draw into axes, in the style of all displays."""
