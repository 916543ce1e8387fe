"""Tables and figures that commands write; paths are checked before the work, not after."""

import os
from pathlib import Path
from typing import Any

from divecast._optional import need
from divecast.cli.console import print_lines, shown
from divecast.errors import ArtifactError, ConfigError

_TABLES = (".csv", ".csv.gz", ".parquet")


def check_folder(out: Path) -> None:
    """Raise ConfigError if the folder of a file does not exist."""
    if not out.parent.is_dir():
        raise ConfigError(
            f"The folder of {out.name} does not exist: {out.parent}", hint="Choose another {out}", argument="out"
        )


def check_tables(*paths: Path | None) -> None:
    """Check that tables can be written; None is skipped.

    Raises:
        ConfigError: the ending is not that of a table, or the folder does not exist.
    """
    for path in paths:
        if path is None:
            continue
        if not path.name.lower().endswith(_TABLES):
            raise ConfigError(
                expected=f"a file that ends in {', '.join(_TABLES[:-1])} or {_TABLES[-1]}",
                found=str(path),
                hint="Choose another {out}",
                argument="out",
            )
        check_folder(path)


def check_figure(path: Path | None) -> None:
    """Check that a figure can be drawn; None is skipped.

    Raises:
        ConfigError: the ending is not that of a figure, the folder does not exist, or matplotlib is not installed.
    """
    if path is not None:
        from divecast.plots.style import check_picture

        check_picture(path)
        need("matplotlib")


def draw(result: Any, path: Path, *, silent: bool) -> None:
    """Write the figure of a result or of a display, and print where it is unless ``silent``."""
    from divecast.plots import write_picture

    write_picture(result.plot(), path)
    if not silent:
        print_lines(f"Figure: {shown(path)}")


def check_writable(out: Path) -> None:
    """Raise ArtifactError if the model could not be written: before a fit of hours, not after."""
    if out.is_dir():
        raise ArtifactError(f"The model cannot be written: {out} is a folder", hint="Choose another {out}")
    if not out.parent.is_dir():
        raise ArtifactError(f"The folder of the model does not exist: {out.parent}", hint="Choose another {out}")
    if not os.access(out.parent, os.W_OK):
        raise ArtifactError(f"The folder of the model is read-only: {out.parent}", hint="Choose another {out}")
