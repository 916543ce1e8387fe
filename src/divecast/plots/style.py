"""How pictures look: sizes, colours, names shown as they are, and files of them."""

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
"""Inches, the text of a two-column page."""

# Okabe and Ito 2008, made for all kinds of colour vision; black is kept for the truth and the prior
PLAIN = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#4d4d4d")
BLUE, ORANGE, INK, GREY = PLAIN[0], PLAIN[1], "black", "#8a8a8a"
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oooo")
"""Beside the colours, for print in black and white."""

KINDS = ("png", "pdf")
"""Kinds of files a picture is written to."""

MANY = 16
"""Classes beyond which not each is named."""

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
    "pdf.fonttype": 42,  # text stays text
}


@contextmanager
def styled() -> Iterator[Any]:
    """Draw in the style of these pictures; the settings of matplotlib are as before afterwards.

    Raises:
        ConfigError: matplotlib is not installed.
    """
    with need("matplotlib").rc_context(_STYLE):
        yield


def panels(
    axes: Any, shape: tuple[int, int], height: float, widths: Sequence[float] | None = None
) -> tuple["Figure", list["Axes"]]:
    """Return a figure and its panels, row by row: those given, or new ones.

    Args:
        axes: the caller's axes, one or a sequence of as many as there are panels; None for a new figure.
        shape: rows and columns of the new figure.
        height: of the new figure, inches.
        widths: of its columns, relative.

    Raises:
        ConfigError: another number of axes.
    """
    if axes is None:
        figure: Figure = need("matplotlib.figure").Figure(figsize=(WIDTH, height), layout="constrained")
        return figure, list(figure.subplots(*shape, squeeze=False, width_ratios=widths).ravel())
    given: list[Axes] = list(np.ravel(np.asarray(axes, dtype=object)))
    if len(given) != shape[0] * shape[1]:
        raise ConfigError(f"expected axes for {shape[0] * shape[1]} panels, got {len(given)}; or leave axes out")
    whole: Figure = given[0].get_figure(root=True)  # type: ignore[assignment, unused-ignore]
    return whole, given


def as_text(name: object) -> str:
    r"""Return a name so that matplotlib shows it as it is: $ sets no mathematics, and a tab is a blank.

    Names of more than 48 characters are cut, and end in an ellipsis.
    """
    plain = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in str(name))
    cut = plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
    return cut.replace("$", r"\$")


def as_texts(names: Iterable[object]) -> list[str]:
    """Return names as ``as_text`` does."""
    return [as_text(name) for name in names]


def class_colours(kind: Kind, n: int) -> NDArray[np.float64]:
    """Return a colour for each of ``n`` classes, (class, 3): a cycle, a scale, or colours apart, as the kind asks."""
    matplotlib = need("matplotlib")
    if kind != "ordered" and n <= len(PLAIN):
        return np.array([matplotlib.colors.to_rgb(colour) for colour in PLAIN[:n]])
    return cycle_colours(np.arange(n) / n) if kind == "cyclic" else scale_colours(n)


def cycle_colours(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a colour for each place on a cycle, in turns, (place, 3): the same after every whole turn."""
    # darker than the map, whose ends would vanish on white
    return np.array(need("matplotlib").colormaps["twilight"](np.mod(turns, 1.0)))[:, :3] * 0.88


def scale_colours(n: int) -> NDArray[np.float64]:
    """Return ``n`` colours from dark to light, (n, 3), in an order that is seen in black and white, too."""
    colours = need("matplotlib").colormaps["viridis"](np.linspace(0, 0.92, n))
    return np.array(colours)[:, :3]


def name_colours(
    figure: "Figure", axes: "Axes | Sequence[Axes]", colours: NDArray[np.float64], names: Sequence[str], title: str = ""
) -> None:
    """Name colours, (name, 3), in a bar beside axes, every few where they are many; ``title`` is what they are of."""
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
    """Refuse a place for a picture that cannot be written.

    Raises:
        ConfigError: the name tells no kind of picture, or the folder is absent.
    """
    if path.suffix.lower().removeprefix(".") not in KINDS:
        raise ConfigError(f"expected a picture that ends in .png or .pdf, got {path}; give another name")
    if not path.parent.is_dir():
        raise ConfigError(f"expected a folder that exists for {path.name}, there is no {path.parent}")


def write_picture(figure: "Figure", path: str | Path) -> Path:
    """Write a figure as PNG or PDF, told by the name of the file: whole or not at all, the same bytes each time.

    Raises:
        ConfigError: as ``check_picture``.
        ArtifactError: the file cannot be written.
    """
    path = Path(path)
    check_picture(path)
    kind = path.suffix.lower().removeprefix(".")
    stamp = {"CreationDate": None} if kind == "pdf" else {}
    picture = BytesIO()  # in memory first: on a full disk matplotlib's PDF fails with errors that are no OSError
    with styled():
        figure.savefig(picture, format=kind, dpi=200, metadata=stamp)
    with replacing(path) as temporary:
        temporary.write_bytes(picture.getbuffer())
    return path
