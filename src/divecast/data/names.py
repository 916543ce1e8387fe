"""Checks of names: of channels, columns, labels, recordings and factors."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from unicodedata import normalize

from divecast._text import did_you_mean
from divecast.errors import DataError

_MOST_SHOWN = 12


def one_form(name: str) -> str:
    r"""Return a name in the one form that it has here (NFC), however its accents are written.

    An \u00e9 may be one character or an e with an accent that follows it: both look alike, and are the same name.
    """
    return name if name.isascii() else normalize("NFC", name)


MOST_CHARACTERS = 1000
"""Of a name: what is longer is a text, not a name, and is refused in data and in files of models."""


def listed(names: Collection[object]) -> str:
    """Return names in quotes, separated by commas: the first twelve if there are more, "none" if there are none."""
    shown = ", ".join(repr(str(name)) for name in list(names)[:_MOST_SHOWN]) or "none"
    return f"{shown}, ..." if len(names) > _MOST_SHOWN else shown


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once, in alphabetical order."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


def check_unique(names: Sequence[str], what: str = "channel") -> None:
    """Refuse names that occur more than once, or are too long.

    Args:
        names: the names.
        what: kind of things that they name, for the message.

    Raises:
        DataError: a name occurs more than once, or has too many characters.
    """
    check_short(names, what)
    if twice := repeated(names):
        raise DataError(f"More than one {what} is called {listed(twice)}", hint="Rename them")


def check_short(names: Iterable[str], what: str = "channel") -> None:
    """Refuse names of more than ``MOST_CHARACTERS``.

    Raises:
        DataError: a name is longer.
    """
    for name in names:
        if len(name) > MOST_CHARACTERS:
            raise DataError(
                f"The name of a {what} is too long: {name[:40]!r} ...",
                expected=f"at most {MOST_CHARACTERS} characters",
                found=str(len(name)),
                hint="Shorten it",
            )


def check_count(names: Sequence[str], count: int, what: str = "channel") -> None:
    """Refuse names that are not unique, or of another number than the things they name.

    Raises:
        DataError: the names are not unique, or their number is wrong.
    """
    if len(names) != count:
        raise DataError(expected=f"{count} {what} names", found=str(len(names)), argument=f"{what}s")
    check_unique(names, what)


def check_known(
    wanted: Iterable[str],
    known: Sequence[str],
    what: str,
    *,
    hint: str | None = None,
    argument: str | None = None,
) -> None:
    """Refuse names that are not among the known ones.

    Args:
        wanted: names to look up.
        known: all known names.
        what: kind of things that they name, for the message.
        hint: what to do; by default a known name that is spelled similarly.
        argument: name of the argument with the names.

    Raises:
        DataError: a name is unknown.
    """
    there = set(known)
    absent = [name for name in wanted if name not in there]
    if not absent:
        return
    hint = hint or did_you_mean(absent[0], known)
    others = f"among {listed(known)}" if known else "as there are none"
    raise DataError(f"There is no {what} {listed(absent)} {others}", hint=hint, argument=argument)


def chosen(wanted: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the names that texts mean, each of which is a name or, if it is none, several separated by commas.

    Args:
        wanted: the texts.
        known: all names, of which some may have a comma in them.
    """
    there = set(known)
    wanted = [one_form(text) for text in wanted]
    return [name for text in wanted for name in ([text] if text in there else _parted(text, there))]


def _parted(text: str, known: Collection[str]) -> list[str]:
    """The names in a text with commas; of names that share a beginning, the longest."""
    parts, names = text.split(","), []
    while parts:
        lengths = range(len(parts), 0, -1)
        count = next((n for n in lengths if ",".join(parts[:n]).strip() in known), 1)
        names.append(",".join(parts[:count]).strip())
        parts = parts[count:]
    return names
