"""Plot of curves of effects."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.explain.effects.curves import EffectCurve, EffectCurves
from divecast.plots.display import Display
from divecast.plots.narrow import Series, narrow_curves, pick_series
from divecast.plots.style import BLUE, GREY, as_text, as_texts, class_colours, panels, scale_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST, _FEW = 6, 8


@dataclass(frozen=True, eq=False, slots=True)
class EffectsDisplay(Display):
    """Curves of effects on one series, original units: a panel for each factor and covariate.

    Attributes:
        curves: of what is shown.

    Example:
        >>> from divecast.plots import EffectsDisplay
        >>> display = EffectsDisplay.from_effects(model.effects(), "G0-A", "weekday")
        >>> display.plot().axes[0].get_title(loc="left").split(":")[0]
        'weekday'
    """

    curves: EffectCurves

    @classmethod
    def from_effects(cls, curves: EffectCurves, series: Series = None, name: str | None = None) -> "EffectsDisplay":
        """Choose a series and effects.

        Args:
            curves: from ``DeepDIVE.effects``.
            series: name of a channel; the first by default.
            name: factor or covariate, or two factors such as ``"hour x weekday"``; by default up to six curves, those
                of the largest shares in this series.

        Raises:
            ConfigError: there is no such series or effect.

        Example:
            >>> from divecast.plots import EffectsDisplay
            >>> len(EffectsDisplay.from_effects(model.effects()).curves.curves)
            2
        """
        channel = pick_series(curves.channels, series)[:1]
        if name is not None:
            return cls(narrow_curves(curves, channel, curves.of(name)))
        ranked = sorted(curves.curves, key=lambda curve: -float(curves.shares[curve.name][channel[0]]))
        return cls(narrow_curves(curves, channel, ranked[:_MOST]))

    def frame(self) -> Any:
        """Return ``EffectCurves.frame`` of what is shown.

        Example:
            >>> from divecast.plots import EffectsDisplay
            >>> len(EffectsDisplay.from_effects(model.effects(), "G0-A", "weekday").frame())
            7
        """
        return self.curves.frame()

    def _draw(self, ax: Any) -> "Figure":
        curves = self.curves.curves
        n_columns = 1 if len(curves) == 1 else 2
        n_rows = -(-len(curves) // n_columns)
        figure, axes = panels(ax, (n_rows, n_columns), 0.5 + 2.0 * n_rows)
        for panel, curve in zip(axes, curves, strict=False):
            self._draw_curve(panel, curve)
            share = "" if curve.aspect else f": {float(self.curves.shares[curve.name][0]):.1%} of the variance"
            panel.set_title(as_text(curve.title) + share, loc="left")
        for panel in axes[len(curves) :]:
            panel.set_visible(False)
        figure.supylabel(f"effect on {as_text(self.curves.channels[0])}")
        return figure

    def _draw_curve(self, axes: "Axes", curve: EffectCurve) -> None:
        values = curve.values_of(0)
        effect, names, lines = curve.effect[:, :, 0], [str(value) for value in values], list(curve.by)
        if curve.kind == "classes" and len(lines) > len(names):  # a line by the hour for each class
            effect, names, lines = effect.T, lines, names
        if curve.kind == "number":
            places = np.asarray(values, dtype=np.float64)
        else:
            places, step = np.arange(len(names), dtype=np.float64), -(-len(names) // _FEW)
            axes.set_xticks(places[::step], as_texts(names[::step]))
        colours = class_colours("plain", len(lines)) if len(lines) <= _FEW else scale_colours(len(lines))
        axes.axhline(0, color=GREY, lw=0.6)
        if len(lines) == 1 and curve.kind == "classes":
            axes.bar(places, effect[:, 0], 0.8, color=BLUE)
            return
        for number, line in enumerate(lines):
            axes.plot(places, effect[:, number], color=colours[number], lw=1.2, label=as_text(line) or None)
        if len(lines) > 1:
            axes.legend(frameon=False, ncols=-(-len(lines) // 4), fontsize=6)
