"""Why a request got no answer, and in which field the reason lies."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pydantic import BaseModel, Field

from divecast.errors import DivecastError

_LONGEST = 80
_SAID = re.compile("expected (?P<expected>.*?), got (?P<got>.*?)(?P<mend>; .*)?", re.DOTALL)


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
    expected: str = Field(description="What could stand there, and how to mend it.")
    got: str | None = Field(None, description="What was found there, shortened; null where nothing was.")

    @classmethod
    def of(cls, error: RefusedError) -> "FieldError":
        """Take what was expected and what was found apart: messages say "expected this, got that; do so"."""
        said = _SAID.fullmatch(str(error))
        if said is None:
            return cls(field=error.field, expected=readable(str(error)), got=None)
        expected, got = said["expected"] + (said["mend"] or ""), said["got"]
        return cls(field=error.field, expected=readable(expected), got=readable(_cut(got)))


class Refusal(BaseModel):
    """The body of every response that is no answer."""

    error: str = Field(description="One sentence: what went wrong, or which fields cannot be used.")
    fields: list[FieldError] = Field(default_factory=list, description="Why they cannot, and what to mend.")

    @classmethod
    def of_fields(cls, fields: Sequence[FieldError]) -> "Refusal":
        """Refuse a request for its fields, each named once."""
        names = list(dict.fromkeys(each.field for each in fields))
        return cls(error=f"{', '.join(names)} cannot be used", fields=list(fields))


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
    return _cut(ascii(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def readable(text: str) -> str:
    """Return text that can be sent: half of a surrogate pair, which a request may hold, is written as an escape."""
    return text.encode("utf-8", "backslashreplace").decode()
