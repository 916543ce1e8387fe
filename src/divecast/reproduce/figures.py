"""The figures of a case: correlation of the labels, scatter of the code, density along each dimension of b.

Each ``plot_`` takes a view and returns a figure of matplotlib; ``draw_case`` writes them as PNG and PDF.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.atomic import replacing
from divecast.extras import need
from divecast.reproduce.cases import Case
from divecast.reproduce.record import make_folder
from divecast.reproduce.views import (
    FactorView,
    Floats,
    View,
    class_correlation,
    label_association,
    two_components,
    view_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.0  # inches, the text of a two-column page
_MANY = 16  # classes beyond which not each is named
# Okabe and Ito 2008, made for all kinds of colour vision; black is kept for the prior
_PLAIN = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#4d4d4d")
_STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "pdf.fonttype": 42,  # text stays text
}


def draw_case(case: Case, model: Path, folder: Path) -> tuple[Path, ...]:
    """Draw the figures of a case from its first full model.

    Args:
        case: the data.
        model: file of the model.
        folder: where CASE-labels, CASE-code and CASE-density go, as .png and .pdf.

    Raises:
        ConfigError: matplotlib is not installed.
        ArtifactError: the model cannot be read, or the folder cannot be written to.
    """
    make_folder(folder)
    view = view_of(case, model)
    written = []
    for name, plot in {"labels": plot_labels, "code": plot_code, "density": plot_density}.items():
        figure = plot(view)
        for kind in ("png", "pdf"):
            path = folder / f"{case.name}-{name}.{kind}"
            with replacing(path) as temporary, _styled():
                stamp = {"CreationDate": None} if kind == "pdf" else {}
                figure.savefig(temporary, format=kind, dpi=200, metadata=stamp)
            written.append(path)
    return tuple(written)


def plot_labels(view: View) -> "Figure":
    """Plot how factors go together, and their classes (the paper's Fig. 2)."""
    names, n_classes = [f.name for f in view.factors], tuple(len(f.classes) for f in view.factors)
    with _styled():
        figure = _figure(3.3)
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.6))
        association = label_association(view.every)
        left.imshow(association, cmap="Blues", vmin=0, vmax=1)
        for (i, j), value in np.ndenumerate(association):
            left.text(j, i, f"{value:.2f}", ha="center", va="center", color="white" if value > 0.6 else "black")
        left.set_xticks(range(len(names)), labels=names, rotation=30, ha="right")
        left.set_yticks(range(len(names)), labels=names)
        left.set_title("Factors: Cramér's V", loc="left")
        _plot_classes(figure, right, view, class_correlation(view.every, n_classes))
        for axes in (left, right):
            axes.spines[:].set_visible(False)
            axes.tick_params(length=0)
    return figure


def plot_code(view: View) -> "Figure":
    """Plot the code of the test windows: each factor's block, and a, coloured by the factor (the paper's Fig. 3)."""
    with _styled():
        columns = len(view.factors)
        with_a = view.a.shape[1] > 0
        figure = _figure(5.0 if with_a else 2.7)
        grid = figure.subplots(1 + with_a, columns, squeeze=False)
        for axes, factor in zip(grid[0], view.factors, strict=True):
            _plot_block(axes, factor)
            _name_classes(figure, axes, factor)
        for axes, factor in zip(grid[-1] if with_a else (), view.factors, strict=with_a):
            points = two_components(view.a)
            _scatter(axes, points, factor)
            axes.set_title(f"a, by {factor.name}", loc="left")
            axes.set_xlabel("a, component 1")
            axes.set_ylabel("a, component 2")
    return figure


def plot_density(view: View) -> "Figure":
    """Plot the mean q(b|x) of each class along each dimension beside the prior's components (the paper's Fig. 4)."""
    with _styled():
        columns = max(f.mean.shape[1] for f in view.factors)
        figure = _figure(1.6 * len(view.factors) + 0.4)
        grid = figure.subplots(len(view.factors), columns, squeeze=False)
        for row, factor in zip(grid, view.factors, strict=True):
            seen = factor.aggregate()
            for dim, axes in enumerate(row):
                if dim < seen.shape[2]:
                    _plot_dimension(axes, factor, seen[:, :, dim], dim)
                else:
                    axes.set_axis_off()
            row[0].set_ylabel(f"{factor.name}\nshare times density")
            _name_classes(figure, row[factor.mean.shape[1] - 1], factor)
        lines = need("matplotlib.lines")
        handles = [lines.Line2D([], [], color="#555555", lw=1.2), lines.Line2D([], [], color="black", lw=0.7, ls="--")]
        figure.legend(
            handles,
            ["mean q(b|x) of a class", "component of the prior"],
            loc="outside upper right",
            ncols=2,
            frameon=False,
        )
    return figure


def class_colours(factor: FactorView) -> Floats:
    """Return a colour for each class, (class, 3): a cycle, a scale, or colours apart, as the factor's kind asks."""
    matplotlib, n = need("matplotlib"), len(factor.classes)
    if factor.kind != "ordered" and n <= len(_PLAIN):
        return np.array([matplotlib.colors.to_rgb(colour) for colour in _PLAIN[:n]])
    if factor.kind == "cyclic":
        # darker than the map, whose ends would vanish on white
        return np.array(matplotlib.colormaps["twilight"](np.arange(n) / n))[:, :3] * 0.88
    return np.array(matplotlib.colormaps["viridis"](np.linspace(0, 0.92, n)))[:, :3]


def _plot_classes(figure: "Figure", axes: "Axes", view: View, correlation: Floats) -> None:
    largest = float(np.nanmax(np.abs(correlation))) if np.isfinite(correlation).any() else 1.0
    limit = max(0.05, np.ceil(20 * largest) / 20)
    colours = need("matplotlib").colormaps["PuOr"].with_extremes(bad="#eeeeee")
    image = axes.imshow(correlation, cmap=colours, vmin=-limit, vmax=limit, interpolation="none")
    edges = np.cumsum([0, *(len(f.classes) for f in view.factors)]) - 0.5
    for edge in edges[1:-1]:
        axes.axhline(edge, color="black", lw=0.6)
        axes.axvline(edge, color="black", lw=0.6)
    middles = (edges[1:] + edges[:-1]) / 2
    names = [f.name for f in view.factors]
    axes.set_xticks(middles, labels=names)
    axes.set_yticks(middles, labels=names, rotation=90, va="center")
    axes.set_title("Classes: correlation of their indicators", loc="left")
    figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02)


def _plot_block(axes: "Axes", factor: FactorView) -> None:
    """Plot two dimensions of a block; one dimension against the class."""
    name = f"b of {factor.name}"
    axes.set_title(name, loc="left")
    if factor.mean.shape[1] == 1:
        spread = np.random.default_rng(0).uniform(-0.35, 0.35, len(factor.labels))
        _scatter(axes, np.column_stack([factor.mean[:, 0], factor.labels + spread]), factor)
        axes.plot(factor.centres[:, 0], np.arange(len(factor.classes)), "+", color="black", ms=5, mew=0.8)
        axes.set_ylabel("class")
        axes.set_ylim(-0.7, len(factor.classes) - 0.3)
    else:
        _scatter(axes, factor.mean[:, :2], factor)
        axes.plot(*factor.centres[:, :2].T, "+", color="black", ms=5, mew=0.8)
        axes.set_ylabel("dimension 2")
        axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel("dimension 1")


def _scatter(axes: "Axes", points: Floats, factor: FactorView) -> None:
    shown = factor.labels >= 0
    if points.shape[1] == 1:
        points = np.column_stack([points[:, 0], np.zeros(len(points))])
    colours = class_colours(factor)[factor.labels[shown]]
    order = np.random.default_rng(0).permutation(int(shown.sum()))  # no class lies on top
    x, y = points[shown][order].T
    axes.scatter(x, y, c=colours[order], s=4, alpha=0.7, linewidths=0, rasterized=True)


def _plot_dimension(axes: "Axes", factor: FactorView, seen: Floats, dim: int) -> None:
    place, colours = factor.grid[:, dim], class_colours(factor)
    for k, colour in enumerate(colours):
        axes.fill_between(place, seen[k], color=colour, alpha=0.25, lw=0)
        axes.plot(place, seen[k], color=colour, lw=1.0)
        axes.plot(place, factor.prior[k, :, dim], color="black", lw=0.5, ls="--", alpha=0.7)
    axes.set_title(f"dimension {dim + 1}", loc="left")
    axes.set_ylim(bottom=0)
    axes.margins(x=0)
    axes.set_yticks([])


def _name_classes(figure: "Figure", axes: "Axes", factor: FactorView) -> None:
    """Name the classes in a bar of their colours, every few where they are many."""
    matplotlib, n = need("matplotlib"), len(factor.classes)
    colours = matplotlib.colors.ListedColormap(class_colours(factor))
    scale = matplotlib.cm.ScalarMappable(matplotlib.colors.Normalize(-0.5, n - 0.5), colours)
    bar = figure.colorbar(scale, ax=axes, fraction=0.06, pad=0.03)
    step = 1 if n <= _MANY else -(-n // 8)
    bar.set_ticks(range(0, n, step), labels=list(factor.classes[::step]))
    bar.ax.tick_params(length=0, labelsize=6)
    bar.outline.set_visible(False)


def _figure(height: float) -> "Figure":
    figure: Figure = need("matplotlib.figure").Figure(figsize=(WIDTH, height), layout="constrained")
    return figure


@contextmanager
def _styled() -> Iterator[Any]:
    with need("matplotlib").rc_context(_STYLE):
        yield
