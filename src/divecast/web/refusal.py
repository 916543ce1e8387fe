"""Why a request was refused, and which of its fields is wrong."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pydantic import BaseModel, Field

from divecast.errors import DivecastError

_LONGEST = 80


class RefusedError(DivecastError):
    """A field of a request cannot be used.

    Args:
        field: its name, such as ``at`` or ``window.values``.
        problem: what is wrong; may be empty if ``expected`` says it.
        expected: what the field may be.
        found: what it is.
        hint: what to do.
    """

    def __init__(
        self,
        field: str,
        problem: str = "",
        *,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(problem, expected=expected, found=found, hint=hint, argument=field)
        self.field = field


class BusyError(Exception):
    """The queue of requests is full."""


class TooLongError(Exception):
    """The answer took longer than the limit."""


class FieldError(BaseModel):
    """A field that is wrong."""

    field: str = Field(description="Its place in the request, such as levels.0.")
    message: str = Field(description="What is wrong and what to do.")
    expected: str | None = Field(default=None, description="What the field may be; null if the message says it.")
    got: str | None = Field(default=None, description="What it is, shortened; null if it is missing.")

    @classmethod
    def of(cls, error: RefusedError) -> "FieldError":
        """Return the fields of an error as text that can be sent."""
        found = None if error.found is None else _cut(error.found)
        short = DivecastError(error.problem, expected=error.expected, found=found, hint=error.hint)
        message, expected, got = map(_sendable, (short.worded(lambda name: name), error.expected, found))
        return cls(field=error.field, message=message or "", expected=expected, got=got)


class Refusal(BaseModel):
    """The body of every response that is not an answer."""

    error: str = Field(description="One sentence: what went wrong, or which fields cannot be used.")
    fields: list[FieldError] = Field(default_factory=list, description="The fields that are wrong.")

    @classmethod
    def of_fields(cls, fields: Sequence[FieldError]) -> "Refusal":
        """Return the refusal of a request whose fields are wrong."""
        names = list(dict.fromkeys(error.field for error in fields))
        return cls(error=f"Cannot use {', '.join(names)}", fields=list(fields))


@contextmanager
def of_field(name: str, *, only: bool = False) -> Iterator[None]:
    """Attribute the library's errors raised within the block to a field of the request.

    Args:
        name: the field.
        only: whether only those that name an argument of this name are about it.
    """
    try:
        yield
    except RefusedError:
        raise
    except DivecastError as error:
        if only and error.argument != name:
            raise
        raise RefusedError(name, error.problem, expected=error.expected, found=error.found, hint=error.hint) from error


def shortened(value: object) -> str:
    """Return a value as ASCII text of at most about 80 characters."""
    return _cut(ascii(value))


def readable(text: str) -> str:
    """Return text that can be encoded: a lone surrogate, which a request may contain, becomes an escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _sendable(text: str | None) -> str | None:
    return None if text is None else readable(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."
