"""Errors and warnings a user can meet: what is wrong, where, and what to do, as fields that every face words itself.

An argument is named in a hint in braces, as in ``Use a shorter {lookback}``: Python reads ``lookback=`` there, the
command line ``--lookback``. So no face has to read a message to know what it says. :func:`told` names it with a value.
"""

import json
import os
import re
import shlex
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from divecast._text import visible

_PACKAGE = str(Path(__file__).parent) + os.sep
_ARGUMENT = re.compile(r"\{(\w+(?:\.\w+)*)(?::(\[[^{}]*\]))?\}")


def as_argument(name: str) -> str:
    """Return an argument as Python spells it: ``lookback=``; a dotted name is a setting and stays as it is."""
    return name if "." in name else f"{name}="


def told(argument: str, *values: str) -> str:
    """Return an argument with values, for a hint: Python reads ``id='meter'`` there, the command line ``--id meter``.

    Args:
        argument: name of the argument.
        values: at least one; several are a list in Python, and repeat the option at the command line.

    Example:
        >>> print(DataError("It is long", hint=f"Pass {told('id', 'store', 'item')} and {told('value', 'kwh')}"))
        It is long. Pass id=['store', 'item'] and value='kwh'.
    """
    return f"{{{argument}:{json.dumps([value.translate(_WITHOUT_BRACES) for value in values])}}}"


_WITHOUT_BRACES = str.maketrans("{}", "()")


def _spelled(spell: Callable[[str], str], name: str, values: str | None) -> str:
    """An argument with its values, as a face spells it."""
    option = spell(name)
    if values is None:
        return option
    listed = json.loads(values)
    if option.endswith("="):
        return f"{option}{listed if len(listed) > 1 else listed[0]!r}"
    return " ".join(f"{option} {shlex.quote(value)}" for value in listed)


class _Worded(Exception):  # noqa: N818  base of errors and of warnings
    """A message in parts.

    Args:
        problem: what is wrong, and where; may be empty where ``expected`` says it.
        expected: what could stand there.
        found: what stands there, as text.
        hint: what to do, with arguments in braces.
        argument: name of the argument or field that is wrong.
    """

    def __init__(
        self,
        problem: str = "",
        *,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
        argument: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.expected = expected
        self.found = found
        self.hint = hint
        self.argument = argument

    def worded(self, spell: Callable[[str], str] = as_argument) -> str:
        """Return the message in two sentences at most.

        Args:
            spell: how an argument is written, by its name.
        """
        halves = (("expected", self.expected), ("got", self.found))
        contrast = ", ".join(f"{word} {text}" for word, text in halves if text is not None)
        if self.problem and contrast:
            message = f"{self.problem}: {contrast}"
        else:
            message = self.problem or contrast[:1].upper() + contrast[1:]
        message = visible(message)
        if not self.hint:
            return message
        hint = _ARGUMENT.sub(lambda named: _spelled(spell, named[1], named[2]), self.hint)
        return f"{_sentence(message)} {visible(_sentence(hint))}"

    def __str__(self) -> str:
        return self.worded()


def _sentence(text: str) -> str:
    """Return text with a full stop, unless it ends a sentence already."""
    return text if text.endswith((".", "?", "!", ":")) else f"{text}."


class DivecastError(_Worded):
    """Base of every error divecast raises on purpose.

    Example:
        >>> error = DataError("No window fits", found="40 rows", hint="Use a shorter {lookback} or more data")
        >>> print(error)
        No window fits: got 40 rows. Use a shorter lookback= or more data.
        >>> print(error.worded(lambda name: f"--{name}"))
        No window fits: got 40 rows. Use a shorter --lookback or more data.
    """


class DataError(DivecastError):
    """The data cannot be used as given."""


class ConfigError(DivecastError):
    """A setting is outside what it may be, or two settings disagree."""


class NotFittedError(DivecastError):
    """A method needs a fitted model and this one is not."""


class ArtifactError(DivecastError):
    """A saved model, checkpoint or store cannot be read or written."""


class RankError(DivecastError):
    """A process that fits a model together with others is gone."""


class DataWarning(_Worded, UserWarning):
    """Something in the data was corrected or needs attention; has the fields of the errors."""


def warn_data(problem: str, hint: str | None = None) -> None:
    """Warn (DataWarning) of what was corrected or needs attention, at the nearest line outside this package."""
    # Python 3.11 has no skip_file_prefixes, so the frames of this package are counted by hand.
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(DataWarning(problem, hint=hint), stacklevel=level)
