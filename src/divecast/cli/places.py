"""Windows and classes named on the command line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from divecast.errors import ConfigError
from divecast.explain.counterfactuals import label_effects

if TYPE_CHECKING:
    from divecast.data import Panel, Recordings
    from divecast.explain.places import Place

At = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        help="Time of the first step of the forecast, such as 2024-06-01T00:00; for recordings a name, or NAME@SECOND "
        "at which the window ends. Repeat for more; the end of the data when left out.",
    ),
]

UnlabelledCode = Annotated[
    label_effects.UnlabelledCode,
    typer.Option(
        "--unlabelled-code",
        help="What happens to a where classes change: adjusted to the new classes on average, or kept as inferred.",
    ),
]


def read_places(at: Sequence[str] | None, source: "Panel | Recordings") -> "list[Place] | None":
    """Return the places as ``DeepDIVE.what_if`` takes them; None where none is named."""
    if not at:
        return None
    return list(at) if source.clock is not None else [_of_recording(text, source.names) for text in at]


def parse_class(option: str, text: str) -> tuple[str, str]:
    """Read ``factor=class``, given with an option.

    Raises:
        ConfigError: It is no such pair.
    """
    factor, equals, name = (part.strip() for part in text.partition("="))
    if not (factor and equals and name):
        raise ConfigError(f"expected {option} FACTOR=CLASS, such as {option} weekday=Sun, got {text!r}")
    return factor, name


def _of_recording(text: str, names: Sequence[str]) -> "Place":
    name, _, second = text.rpartition("@")
    if text in names or name not in names:
        return text
    try:
        return name, float(second)
    except ValueError:
        return text
