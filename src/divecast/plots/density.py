"""Picture of the densities along the dimensions of b (the paper's Fig. 4)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast._optional import need
from divecast.data import to_frame
from divecast.estimator import DeepDIVE
from divecast.inference.fitted_model import PartName
from divecast.plots.code_view import CodeView, FactorView, Floats, view_code
from divecast.plots.style import as_text, class_colours, name_colours, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class DensityDisplay:
    """The mean q(b|x) of each class along each dimension, beside the prior's components.

    Attributes:
        view: the code.
    """

    view: CodeView

    @classmethod
    def from_estimator(cls, model: DeepDIVE, data: Any, part: PartName = "test", every: int = 1) -> "DensityDisplay":
        """Encode every ``every``-th window of a part of the data.

        Raises:
            ConfigError: the code has no block of b for a factor.
            DataError: the data cannot be used.
        """
        return cls(view_code(model, data, part, every))

    def frame(self) -> Any:
        """Return a row per factor, dimension, class and place: ``factor, dimension, class, place, seen, prior``.

        ``seen`` is the share of the class times its mean q(b|x), ``prior`` its frequency times its component.
        """
        tables = [_table(factor) for factor in self.view.factors]
        columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
        return to_frame(columns, self.view.backend)

    def plot(self, axes: Any = None) -> "Figure":
        """Plot a row a factor; ``axes`` may be the caller's, as many for each factor as its block has at most."""
        with styled():
            factors = self.view.factors
            columns = max(factor.mean.shape[1] for factor in factors)
            figure, flat = panels(axes, (len(factors), columns), 1.6 * len(factors) + 0.4)
            for at, factor in enumerate(factors):
                self._plot_factor(figure, flat[at * columns : (at + 1) * columns], factor)
            lines = need("matplotlib.lines")
            seen, prior = (lines.Line2D([], [], color=c, lw=1.0, ls=s) for c, s in (("#555555", "-"), ("black", "--")))
            texts = ["mean q(b|x) of a class", "component of the prior"]
            if axes is None:
                figure.legend([seen, prior], texts, loc="outside upper right", ncols=2, frameon=False)
        return figure

    def _plot_factor(self, figure: "Figure", row: list["Axes"], factor: FactorView) -> None:
        seen, n_dims = factor.aggregate(), factor.mean.shape[1]
        for dim, panel in enumerate(row):
            if dim < n_dims:
                _plot_dimension(panel, factor, seen[:, :, dim], dim)
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
        "seen": np.moveaxis(factor.aggregate(), 2, 0).reshape(-1),
        "prior": np.moveaxis(factor.prior, 2, 0).reshape(-1),
    }


def _plot_dimension(axes: "Axes", factor: FactorView, seen: Floats, dim: int) -> None:
    place = factor.grid[:, dim]
    for k, colour in enumerate(class_colours(factor.kind, len(factor.classes))):
        axes.fill_between(place, seen[k], color=colour, alpha=0.25, lw=0)
        axes.plot(place, seen[k], color=colour, lw=1.0)
        axes.plot(place, factor.prior[k, :, dim], color="black", lw=0.5, ls="--", alpha=0.7)
    axes.set_title(f"dimension {dim + 1}", loc="left")
    axes.set_ylim(bottom=0)
    axes.margins(x=0)
    axes.set_yticks([])
