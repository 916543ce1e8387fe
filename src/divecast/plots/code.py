"""Plot of the code, one point per window (the paper's Fig. 3)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.data import to_frame
from divecast.estimator import DeepDIVE
from divecast.inference.fitted_model import PartName
from divecast.inference.results import Codes
from divecast.plots.code_view import CodeView, FactorView, Floats, two_components, view_code, view_codes
from divecast.plots.display import Display
from divecast.plots.style import as_text, class_colours, name_colours, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class Cloud:
    """The points of one panel.

    Attributes:
        title: of the panel.
        x_label: of the panel.
        y_label: of the panel.
        factor: the points are coloured by its classes.
        points: (window, 2), including windows without a label, which are not drawn.
        centres: (class, 2) of the prior; empty if there are none.
    """

    title: str
    x_label: str
    y_label: str
    factor: FactorView
    points: Floats
    centres: Floats


@dataclass(frozen=True, eq=False, slots=True)
class CodeDisplay(Display):
    """The code of windows, coloured by the classes of each factor.

    One panel per factor for the first two dimensions of its block of b; below, one per factor for the first two
    principal components of a.

    Attributes:
        view: the code.

    Example:
        >>> from divecast.plots import CodeDisplay
        >>> display = CodeDisplay.from_estimator(model, panel, every=5)
        >>> [cloud.title for cloud in display.clouds]
        ['b of hour', 'b of weekday', 'a, by hour', 'a, by weekday']
    """

    view: CodeView

    @classmethod
    def from_estimator(cls, model: DeepDIVE, data: Any, part: PartName = "test", every: int = 1) -> "CodeDisplay":
        """Encode windows; show them with their labels and the centres of the prior.

        Args:
            model: fitted.
            data: as in ``DeepDIVE.encode``.
            part: part of the data of the fit, or ``all``.
            every: use every n-th window.

        Raises:
            ConfigError: the code has no blocks of b.
            DataError: the data cannot be used.

        Example:
            >>> from divecast.plots import CodeDisplay
            >>> figure = CodeDisplay.from_estimator(model, panel, every=5).plot()
        """
        return cls(view_code(model, data, part, every))

    @classmethod
    def from_codes(cls, codes: Codes) -> "CodeDisplay":
        """Show codes, coloured by the most probable classes.

        Raises:
            ConfigError: the code has no factors.

        Example:
            >>> from divecast.plots import CodeDisplay
            >>> figure = CodeDisplay.from_codes(model.encode(panel, every=25)).plot()
        """
        return cls(view_codes(codes))

    @property
    def clouds(self) -> tuple[Cloud, ...]:
        """The points of the panels: the blocks of b, then a by each factor if there is an a.

        Example:
            >>> from divecast.plots import CodeDisplay
            >>> CodeDisplay.from_codes(model.encode(panel, every=25)).clouds[0].factor.name
            'hour'
        """
        blocks = [_block(factor) for factor in self.view.factors]
        if not self.view.a.shape[1]:
            return tuple(blocks)
        components = two_components(self.view.a)
        points, centres = np.pad(components, ((0, 0), (0, 2 - components.shape[1]))), np.empty((0, 2))
        labels = ("a, component 1", "a, component 2")
        of_a = [Cloud(f"a, by {factor.name}", *labels, factor, points, centres) for factor in self.view.factors]
        return (*blocks, *of_a)

    def frame(self) -> Any:
        """Return one row per panel and labelled window: ``panel, factor, class, x, y``.

        Example:
            >>> from divecast.plots import CodeDisplay
            >>> list(CodeDisplay.from_codes(model.encode(panel, every=25)).frame().columns)
            ['panel', 'factor', 'class', 'x', 'y']
        """
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

    def _draw(self, ax: Any) -> "Figure":
        clouds, columns = self.clouds, len(self.view.factors)
        rows = len(clouds) // columns
        figure, axes = panels(ax, (rows, columns), 5.0 if rows == 2 else 2.7)
        for place, (panel, cloud) in enumerate(zip(axes, clouds, strict=True)):
            _draw_cloud(panel, cloud)
            if place < columns:
                colours = class_colours(cloud.factor.kind, len(cloud.factor.classes))
                name_colours(figure, panel, colours, cloud.factor.classes)
        return figure


def _block(factor: FactorView) -> Cloud:
    """Return two dimensions of a block; a single dimension against the class."""
    title = f"b of {factor.name}"
    if factor.mean.shape[1] > 1:
        return Cloud(title, "dimension 1", "dimension 2", factor, factor.mean[:, :2], factor.centres[:, :2])
    jitter = np.random.default_rng(0).uniform(-0.35, 0.35, len(factor.labels))
    points = np.column_stack([factor.mean[:, 0], factor.labels + jitter])
    centres = np.column_stack([factor.centres[:, 0], np.arange(len(factor.centres))])
    return Cloud(title, "dimension 1", "class", factor, points, centres)


def _draw_cloud(axes: "Axes", cloud: Cloud) -> None:
    factor = cloud.factor
    shown = factor.labels >= 0
    colours = class_colours(factor.kind, len(factor.classes))[factor.labels[shown]]
    order = np.random.default_rng(0).permutation(int(shown.sum()))  # so that no class covers the others
    x, y = cloud.points[shown][order].T
    axes.scatter(x, y, c=colours[order], s=4, alpha=0.7, linewidths=0, rasterized=True)
    if len(cloud.centres):
        axes.plot(*cloud.centres.T, "+", color="black", ms=5, mew=0.8)
    if cloud.y_label == "class":
        axes.set_ylim(-0.7, len(factor.classes) - 0.3)
    elif len(cloud.centres):
        axes.set_aspect("equal", adjustable="datalim")
    axes.set_title(as_text(cloud.title), loc="left")
    axes.set_xlabel(cloud.x_label)
    axes.set_ylabel(cloud.y_label)
