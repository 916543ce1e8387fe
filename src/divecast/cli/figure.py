"""The option ``--figure`` of commands that explain."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from divecast.cli.console import print_lines, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawn

Figure = Annotated[
    Path | None,
    typer.Option("--figure", help="Also draw it: a .png or .pdf file; needs divecast\\[plot].", show_default=False),
]


class Display(Protocol):
    """What can be drawn."""

    def plot(self, axes: Any = None) -> "Drawn":
        """Return the figure."""


def check_figure(path: Path | None) -> None:
    """Refuse a picture that cannot be drawn before the work, not after.

    Raises:
        ConfigError: The name tells no kind of picture, the folder is absent, or matplotlib is not installed.
    """
    if path is not None:
        from divecast._optional import need
        from divecast.plots.style import check_picture

        check_picture(path)
        need("matplotlib")


def draw_figure(display: Display, path: Path, *, silent: bool) -> None:
    """Write a picture, and say where it is unless ``silent``."""
    from divecast.plots.style import write_picture

    write_picture(display.plot(), path)
    if not silent:
        print_lines(f"The picture is in {shown(path)}")
