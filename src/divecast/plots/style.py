"""Style of the figures: sizes, colours, literal text, and files."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import need
from divecast.data.factors import Kind
from divecast.errors import ConfigError
from divecast.persistence.atomic import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.0
"""Width of a figure in inches: the text width of a two-column page."""

# Okabe and Ito 2008, for all kinds of colour vision; black is reserved for observed values and the prior
PLAIN = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#4d4d4d")
BLUE, ORANGE, INK, GREY = PLAIN[0], PLAIN[1], "black", "#8a8a8a"
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oooo")
"""In addition to colours, for print in black and white."""

KINDS = ("png", "pdf")
"""File formats."""

MANY = 16
"""Largest number of classes that are all named."""

_LONGEST = 48
_STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "hatch.linewidth": 0.4,
    "date.converter": "concise",
    "text.usetex": False,
    "pdf.fonttype": 42,  # keep text as text
}


@contextmanager
def styled() -> Iterator[Any]:
    """Draw in the style of the displays, and restore the settings of matplotlib.

    Raises:
        ConfigError: matplotlib is not installed.
    """
    with need("matplotlib").rc_context(_STYLE):
        yield


def panels(
    ax: Any, shape: tuple[int, int], height: float, widths: Sequence[float] | None = None
) -> tuple["Figure", list["Axes"]]:
    """Return a figure and its axes, row by row: those of the caller, or new ones.

    Args:
        ax: the caller's axes, one or a sequence of as many as there are panels; None for a new figure.
        shape: rows and columns of the new figure.
        height: of the new figure, inches.
        widths: relative widths of its columns.

    Raises:
        ConfigError: wrong number of axes.
    """
    if ax is None:
        figure: Figure = need("matplotlib.figure").Figure(figsize=(WIDTH, height), layout="constrained")
        return figure, list(figure.subplots(*shape, squeeze=False, width_ratios=widths).ravel())
    axes: list[Axes] = list(np.ravel(np.asarray(ax, dtype=object)))
    if len(axes) != shape[0] * shape[1]:
        raise ConfigError(
            expected=f"axes for {shape[0] * shape[1]} panels",
            found=str(len(axes)),
            hint="Leave {ax} out",
            argument="ax",
        )
    parent: Figure = axes[0].get_figure(root=True)  # type: ignore[assignment, unused-ignore]
    return parent, axes


def as_text(name: object) -> str:
    r"""Return a name that matplotlib shows literally: $ does not start mathematics, and a tab becomes a blank.

    Names of more than 48 characters are cut and end in an ellipsis.
    """
    plain = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in str(name))
    cut = plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
    return cut.replace("$", r"\$")


def as_texts(names: Iterable[object]) -> list[str]:
    """Return names converted by ``as_text``."""
    return [as_text(name) for name in names]


def class_colours(kind: Kind, n: int) -> NDArray[np.float64]:
    """Return a colour per class, (class, 3): cyclic, sequential or qualitative, depending on the kind."""
    matplotlib = need("matplotlib")
    if kind != "ordered" and n <= len(PLAIN):
        return np.array([matplotlib.colors.to_rgb(colour) for colour in PLAIN[:n]])
    return cycle_colours(np.arange(n) / n) if kind == "cyclic" else scale_colours(n)


def cycle_colours(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return cyclic colours for positions in turns, (position, 3)."""
    # darker than the colour map, whose ends would be invisible on white
    return np.array(need("matplotlib").colormaps["twilight"](np.mod(turns, 1.0)))[:, :3] * 0.88


def scale_colours(n: int) -> NDArray[np.float64]:
    """Return ``n`` colours from dark to light, (n, 3), which keep their order in black and white."""
    colours = need("matplotlib").colormaps["viridis"](np.linspace(0, 0.92, n))
    return np.array(colours)[:, :3]


def name_colours(
    figure: "Figure", axes: "Axes | Sequence[Axes]", colours: NDArray[np.float64], names: Sequence[str], title: str = ""
) -> None:
    """Draw a colour bar with names beside axes; of many names, only every few are shown.

    Args:
        figure: of the axes.
        axes: beside which the bar is drawn.
        colours: (name, 3).
        names: of the colours.
        title: of the bar.
    """
    matplotlib, n = need("matplotlib"), len(names)
    listed = matplotlib.colors.ListedColormap(colours)
    scale = matplotlib.cm.ScalarMappable(matplotlib.colors.Normalize(-0.5, n - 0.5), listed)
    bar = figure.colorbar(scale, ax=axes, fraction=0.06, pad=0.03)
    step = 1 if n <= MANY else -(-n // 8)
    bar.set_ticks(range(0, n, step), labels=as_texts(names[::step]))
    bar.ax.tick_params(length=0, labelsize=6)
    bar.set_label(as_text(title))
    bar.outline.set_visible(False)


def check_picture(path: Path) -> None:
    """Check the path of a figure.

    Raises:
        ConfigError: the suffix is not a file format, or the folder does not exist.
    """
    if path.suffix.lower().removeprefix(".") not in KINDS:
        raise ConfigError(expected="a file that ends in .png or .pdf", found=str(path), argument="path")
    if not path.parent.is_dir():
        raise ConfigError(f"The folder of {path.name} does not exist: {path.parent}", argument="path")


def write_picture(figure: "Figure", path: str | Path) -> Path:
    """Write a figure to a file, atomically and with the same bytes each time.

    Args:
        figure: to write.
        path: of the file; the suffix .png or .pdf decides the format.

    Returns:
        The path.

    Raises:
        ConfigError: the suffix is not a file format, or the folder does not exist.
        ArtifactError: the file cannot be written.

    Example:
        >>> from divecast.plots import plot, write_picture
        >>> path = write_picture(plot(model.forecast(panel)), "forecast.png")
    """
    path = Path(path)
    check_picture(path)
    kind = path.suffix.lower().removeprefix(".")
    stamp = {"CreationDate": None} if kind == "pdf" else {}
    content = BytesIO()  # in memory first: on a full disk matplotlib's PDF writer raises other errors than OSError
    with styled():
        figure.savefig(content, format=kind, dpi=200, metadata=stamp)
    with replacing(path) as temporary:
        temporary.write_bytes(content.getbuffer())
    return path
