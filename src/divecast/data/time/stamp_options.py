"""Arguments that say how time stamps are written."""

from typing import Literal, TypedDict, get_args

from divecast.config import check_choice
from divecast.data.time.business_days import Opening
from divecast.data.time.stamps import StampForm

StampEdge = Literal["start", "end"]
"""Which edge of the time that a row is about its stamp is."""


class StampOptions(TypedDict):
    """Arguments of functions that read tables.

    Attributes:
        time_format: how texts are written, as ``strptime`` has it, or "unix".
        stamps: which edge of the time that a row is about its stamp is.
        calendar: opening times.
    """

    time_format: str | None
    stamps: StampEdge
    calendar: Opening


def stamp_form(tz: str | None, time_format: str | None, stamps: StampEdge) -> StampForm:
    """How time stamps are written.

    Raises:
        ConfigError: ``stamps`` is neither "start" nor "end".
    """
    check_choice(get_args(StampEdge), stamps=stamps)
    return StampForm(tz, time_format, stamps == "end")
