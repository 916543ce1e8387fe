"""Plot of the densities along the dimensions of b (the paper's Fig. 4)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast._optional import need
from divecast.data import to_frame
from divecast.estimator import DeepDIVE
from divecast.inference.fitted_model import PartName
from divecast.plots.code_view import CodeView, FactorView, Floats, view_code
from divecast.plots.display import Display
from divecast.plots.style import as_text, class_colours, name_colours, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class DensityDisplay(Display):
    """The mean q(b|x) of each class along each dimension, beside the components of the prior.

    One row of panels per factor, one column per dimension of the largest block.

    Attributes:
        view: the code.

    Example:
        >>> from divecast.plots import DensityDisplay
        >>> display = DensityDisplay.from_estimator(model, panel, every=25)
        >>> display.view.factors[0].prior.shape
        (24, 200, 6)
    """

    view: CodeView

    @classmethod
    def from_estimator(cls, model: DeepDIVE, data: Any, part: PartName = "test", every: int = 1) -> "DensityDisplay":
        """Encode windows; arguments as in ``CodeDisplay.from_estimator``.

        Raises:
            ConfigError: the code has no blocks of b.
            DataError: the data cannot be used.

        Example:
            >>> from divecast.plots import DensityDisplay
            >>> [factor.name for factor in DensityDisplay.from_estimator(model, panel, every=5).view.factors]
            ['hour', 'weekday']
        """
        return cls(view_code(model, data, part, every))

    def frame(self) -> Any:
        """Return one row per factor, dimension, class and position.

        Columns: ``factor, dimension, class, place, posterior, prior``.
        ``posterior`` is the share of the class times its mean q(b|x), ``prior`` its frequency times its component.

        Example:
            >>> from divecast.plots import DensityDisplay
            >>> list(DensityDisplay.from_estimator(model, panel, every=5).frame().columns)
            ['factor', 'dimension', 'class', 'place', 'posterior', 'prior']
        """
        tables = [_table(factor) for factor in self.view.factors]
        columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
        return to_frame(columns, self.view.backend)

    def _draw(self, ax: Any) -> "Figure":
        factors = self.view.factors
        columns = max(factor.mean.shape[1] for factor in factors)
        figure, axes = panels(ax, (len(factors), columns), 1.6 * len(factors) + 0.4)
        for row, factor in enumerate(factors):
            self._draw_factor(figure, axes[row * columns : (row + 1) * columns], factor)
        if ax is None:
            line = need("matplotlib.lines").Line2D
            handles = [line([], [], color=c, lw=1.0, ls=style) for c, style in (("#555555", "-"), ("black", "--"))]
            texts = ["mean q(b|x) of a class", "component of the prior"]
            figure.legend(handles, texts, loc="outside upper right", ncols=2, frameon=False)
        return figure

    def _draw_factor(self, figure: "Figure", row: list["Axes"], factor: FactorView) -> None:
        posterior, n_dims = factor.aggregate(), factor.mean.shape[1]
        for dim, panel in enumerate(row):
            if dim < n_dims:
                _draw_dimension(panel, factor, posterior[:, :, dim], dim)
            else:
                panel.set_axis_off()
        row[0].set_ylabel(f"{as_text(factor.name)}\nshare times density")
        colours = class_colours(factor.kind, len(factor.classes))
        name_colours(figure, row[n_dims - 1], colours, factor.classes)


def _table(factor: FactorView) -> dict[str, Any]:
    n_classes, n_steps, n_dims = factor.prior.shape
    return {
        "factor": np.full(n_dims * n_classes * n_steps, factor.name, dtype=object),
        "dimension": np.repeat(np.arange(1, n_dims + 1), n_classes * n_steps),
        "class": np.tile(np.repeat(np.array(factor.classes, dtype=object), n_steps), n_dims),
        "place": np.repeat(factor.grid.T, n_classes, axis=0).reshape(-1),
        "posterior": np.moveaxis(factor.aggregate(), 2, 0).reshape(-1),
        "prior": np.moveaxis(factor.prior, 2, 0).reshape(-1),
    }


def _draw_dimension(axes: "Axes", factor: FactorView, posterior: Floats, dim: int) -> None:
    place = factor.grid[:, dim]
    for k, colour in enumerate(class_colours(factor.kind, len(factor.classes))):
        axes.fill_between(place, posterior[k], color=colour, alpha=0.25, lw=0)
        axes.plot(place, posterior[k], color=colour, lw=1.0)
        axes.plot(place, factor.prior[k, :, dim], color="black", lw=0.5, ls="--", alpha=0.7)
    axes.set_title(f"dimension {dim + 1}", loc="left")
    axes.set_ylim(bottom=0)
    axes.margins(x=0)
    axes.set_yticks([])
