"""Picture of the code: a point a window (the paper's Fig. 3)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.data import to_frame
from divecast.estimator import DeepDIVE
from divecast.inference.fitted_model import PartName
from divecast.plots.code_view import CodeView, FactorView, Floats, two_components, view_code
from divecast.plots.style import as_text, class_colours, name_colours, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class Cloud:
    """The points of one panel.

    Attributes:
        title: of the panel.
        across: what x is.
        up: what y is.
        factor: whose classes the colours are.
        points: (window, 2), also of windows without a label, which are not drawn.
        centres: (class, 2) of the prior; none for a.
    """

    title: str
    across: str
    up: str
    factor: FactorView
    points: Floats
    centres: Floats


@dataclass(frozen=True, eq=False, slots=True)
class CodeDisplay:
    """The code of windows: the first two dimensions of each factor's block above, a below, coloured by the factor.

    Attributes:
        view: the code.
    """

    view: CodeView

    @classmethod
    def from_estimator(cls, model: DeepDIVE, data: Any, part: PartName = "test", every: int = 1) -> "CodeDisplay":
        """Encode every ``every``-th window of a part of the data.

        Raises:
            ConfigError: the code has no block of b for a factor.
            DataError: the data cannot be used.
        """
        return cls(view_code(model, data, part, every))

    @property
    def clouds(self) -> tuple[Cloud, ...]:
        """The panels, row by row: blocks of b, then a by each factor where there is one."""
        blocks = [_block(factor) for factor in self.view.factors]
        if not self.view.a.shape[1]:
            return tuple(blocks)
        a, none = _of_two(two_components(self.view.a)), np.empty((0, 2))
        names = ("a, component 1", "a, component 2")
        return (*blocks, *(Cloud(f"a, by {each.name}", *names, each, a, none) for each in self.view.factors))

    def frame(self) -> Any:
        """Return a row per panel and labelled window: ``panel, factor, class, x, y``."""
        columns: dict[str, list[Any]] = {"panel": [], "factor": [], "class": []}
        points = [np.empty((0, 2))]
        for cloud in self.clouds:
            labels = cloud.factor.labels[cloud.factor.labels >= 0]
            columns["panel"] += [cloud.title] * len(labels)
            columns["factor"] += [cloud.factor.name] * len(labels)
            columns["class"] += [cloud.factor.classes[k] for k in labels]
            points.append(cloud.points[cloud.factor.labels >= 0])
        x, y = np.concatenate(points).T
        texts = {name: np.array(column, dtype=object) for name, column in columns.items()}
        return to_frame({**texts, "x": x, "y": y}, self.view.backend)

    def plot(self, axes: Any = None) -> "Figure":
        """Plot a point a window; ``axes`` may be as many of the caller's as there are panels."""
        with styled():
            clouds, columns = self.clouds, len(self.view.factors)
            rows = len(clouds) // columns
            figure, grid = panels(axes, (rows, columns), 5.0 if rows == 2 else 2.7)
            for place, (panel, cloud) in enumerate(zip(grid, clouds, strict=True)):
                _plot_cloud(panel, cloud)
                if place < columns:
                    colours = class_colours(cloud.factor.kind, len(cloud.factor.classes))
                    name_colours(figure, panel, colours, cloud.factor.classes)
        return figure


def _block(factor: FactorView) -> Cloud:
    """Return two dimensions of a block; one dimension against the class."""
    title = f"b of {factor.name}"
    if factor.mean.shape[1] > 1:
        return Cloud(title, "dimension 1", "dimension 2", factor, factor.mean[:, :2], factor.centres[:, :2])
    spread = np.random.default_rng(0).uniform(-0.35, 0.35, len(factor.labels))
    points = np.column_stack([factor.mean[:, 0], factor.labels + spread])
    centres = np.column_stack([factor.centres[:, 0], np.arange(len(factor.classes))])
    return Cloud(title, "dimension 1", "class", factor, points, centres)


def _of_two(points: Floats) -> Floats:
    return np.pad(points, ((0, 0), (0, 2 - points.shape[1])))


def _plot_cloud(axes: "Axes", cloud: Cloud) -> None:
    factor = cloud.factor
    shown = factor.labels >= 0
    colours = class_colours(factor.kind, len(factor.classes))[factor.labels[shown]]
    order = np.random.default_rng(0).permutation(int(shown.sum()))  # no class lies on top
    x, y = cloud.points[shown][order].T
    axes.scatter(x, y, c=colours[order], s=4, alpha=0.7, linewidths=0, rasterized=True)
    if len(cloud.centres):
        axes.plot(*cloud.centres.T, "+", color="black", ms=5, mew=0.8)
    if cloud.up == "class":
        axes.set_ylim(-0.7, len(factor.classes) - 0.3)
    elif len(cloud.centres):
        axes.set_aspect("equal", adjustable="datalim")
    axes.set_title(as_text(cloud.title), loc="left")
    axes.set_xlabel(cloud.across)
    axes.set_ylabel(cloud.up)
