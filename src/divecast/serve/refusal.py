"""Why a request got no answer, and in which field the reason lies."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, Field

from divecast.errors import DivecastError

_LONGEST = 80


class RefusedError(DivecastError):
    """A field of a request asks for what cannot be had.

    Args:
        field: its name, such as ``at`` or ``window.values``.
        message: what was expected, what was found, how to mend it.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class BusyError(Exception):
    """More requests wait than the server keeps."""


class TooLongError(Exception):
    """The answer took longer than the server grants."""


class FieldError(BaseModel):
    """A field that is wrong."""

    field: str = Field(description="Its place in the request, such as levels.0.")
    expected: str
    got: str | None = Field(None, description="What was found there, shortened.")


class Refusal(BaseModel):
    """The body of every response that is no answer."""

    error: str = Field(description="One sentence.")
    fields: list[FieldError] = Field(default_factory=list, description="What to mend, where it can be told.")


@contextmanager
def of_field(name: str) -> Iterator[None]:
    """Say of the library's errors within the block that they are about a field."""
    try:
        yield
    except RefusedError:
        raise
    except DivecastError as error:
        raise RefusedError(name, str(error)) from error


def shortened(value: object) -> str:
    """Return a value as text of some 80 characters at most, whatever is in it."""
    text = ascii(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def readable(text: str) -> str:
    """Return text that can be sent: half of a surrogate pair, which a request may hold, is written as an escape."""
    return text.encode("utf-8", "backslashreplace").decode()
