"""How a text file is written, as its first lines tell."""

import codecs
import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from divecast.data.tables.origin import SEPARATOR_LINE
from divecast.data.text_format import TextFormat
from divecast.errors import DataError, warn_data

_HEAD_BYTES = 1 << 18
_MOST_LINES = 500
_SEPARATORS = "\t;|,"  # in this order: a comma may also be a decimal sign
_BOMS = ((codecs.BOM_UTF8, None), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SPACES = " \u00a0\u202f"
_GROUPING = f"{_SPACES}'\u2019"

_DECIMAL = re.compile(r"[+-]?\d*([.,])\d+")
_GROUPED = re.compile(rf"[+-]?\d{{1,3}}(?:([.,{_GROUPING}])\d{{3}})(?:\1\d{{3}})*(?:([.,])\d+)?")
_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}")


def sniff(path: Path, told: TextFormat) -> TextFormat:
    """Find how a text file is written.

    Args:
        path: the file, which may be gzipped.
        told: what is known of it.

    Returns:
        The format with a separator and a decimal sign; with a sign of thousands and an encoding where there are any.

    Raises:
        DataError: the file is empty or no text, or its encoding is not the one told.
    """
    head = _head(path)
    encoding, text = _decoded(head, path, told)
    lines = _lines(text, whole=len(head) < _HEAD_BYTES)
    if not lines:
        raise DataError(f"The table in {path.name} cannot be read: the file is empty")
    named = SEPARATOR_LINE.fullmatch(lines[0].strip())
    lines = lines[1:] if named else lines
    separator = told.sep or (named[1] if named else _separator(lines))
    decimal, thousands = _signs(_cells(lines[1:], separator), separator, told, path.name)
    return replace(told, sep=separator, decimal=decimal, thousands=thousands, encoding=encoding)


def _head(path: Path) -> bytes:
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _decoded(head: bytes, path: Path, told: TextFormat) -> tuple[str | None, str]:
    """The encoding, None for UTF-8, and the text of the first bytes of a file."""
    mark = next((name for sign, name in _BOMS if head.startswith(sign)), "")
    encoding = told.encoding or mark or None
    if encoding is None and b"\0" in head:
        raise DataError(f"{path.name} is not a text file", hint="If it is text, name its {encoding}")
    try:
        return encoding, _decode(head, encoding or "utf-8-sig")
    except UnicodeError as error:
        if encoding is not None:
            raise not_encoded(path, encoding) from error
    encoding = western(head)
    warn_western(path)
    return encoding, _decode(head, encoding)


def _decode(head: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)().decode(head, final=False)  # a character may be cut at the end


def western(text: bytes) -> str:
    """The encoding of western text that is not UTF-8: that of Windows, else Latin-1."""
    try:
        text.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def warn_western(path: Path) -> None:
    """Warn that a file was read in a western encoding."""
    warn_data(
        f"The text in {path.name} is not UTF-8 and was read as Latin-1",
        hint="If names look wrong, name another {encoding}",
    )


def not_encoded(path: Path, encoding: str) -> DataError:
    """The error for a file that is not in the encoding that is told."""
    return DataError(f"The text in {path.name} is not {encoding}", hint="Name another {encoding}", argument="encoding")


def _lines(text: str, *, whole: bool) -> list[str]:
    lines = text.splitlines()
    if not whole and len(lines) > 1:
        lines = lines[:-1]  # which is cut
    return [line for line in lines if line.strip()][:_MOST_LINES]


def _cells(lines: Iterable[str], separator: str) -> Iterable[Sequence[str]]:
    return csv.reader(lines, delimiter=separator)


def _separator(lines: Sequence[str]) -> str:
    """The sign that cuts all lines into the same number of columns, else the one that does so most often."""
    best, most = ",", 0
    for sign in _SEPARATORS:
        counts = Counter(len(cells) for cells in _cells(lines, sign))
        width, times = max(counts.items(), key=lambda count: (count[1], count[0]))
        if width < 2:
            continue
        if times == len(lines):
            return sign
        if times > most:
            best, most = sign, times
    return best


@dataclass
class _Votes:
    """How often cells can only be read with a sign."""

    decimal: Counter[str]
    thousands: Counter[str]
    doubtful: Counter[str]
    example: str = ""

    @classmethod
    def of(cls, rows: Iterable[Sequence[str]]) -> "_Votes":
        votes = cls(Counter(), Counter(), Counter())
        for row in islice(rows, _MOST_LINES):
            for cell in row:
                votes.add(cell.strip())
        return votes

    def add(self, cell: str) -> None:
        if one := _ONE_GROUP.fullmatch(cell):
            self.doubtful[one[1]] += 1
            self.example = self.example or cell
        elif grouped := _GROUPED.fullmatch(cell):
            group, point = grouped[1], grouped[2]
            if group != point and not (group in ".," and cell.lstrip("+-").startswith("0")):
                self.thousands[group] += 1
                if point:
                    self.decimal[point] += 1
                return
            self.decimal[group] += 1
        elif plain := _DECIMAL.fullmatch(cell):
            self.decimal[plain[1]] += 1


def _signs(rows: Iterable[Sequence[str]], separator: str, told: TextFormat, name: str) -> tuple[str, str | None]:
    """The sign of decimals, and that of thousands if there is one."""
    votes = _Votes.of(rows)
    decimal, thousands = told.decimal, told.thousands
    if decimal is None:
        decimal = _decimal(votes, separator, thousands, name)
    if thousands is None:
        grouped = votes.thousands.most_common(1)
        if grouped and grouped[0][0] != decimal:
            thousands = grouped[0][0]
        elif votes.decimal[decimal] and votes.doubtful[other := _other(decimal)] and not votes.decimal[other]:
            thousands = other
    return decimal, thousands


def _other(sign: str) -> str:
    return "." if sign == "," else ","


def _decimal(votes: _Votes, separator: str, thousands: str | None, name: str) -> str:
    points, commas = votes.decimal["."], votes.decimal[","]
    if thousands in (".", ","):
        return _other(thousands)
    if points or commas:
        return "," if commas > points else "."
    if votes.thousands["."]:
        return ","
    doubtful = votes.doubtful[","] > votes.doubtful["."] and not votes.thousands[","]
    if doubtful and separator != ",":
        warn_data(
            f"The comma in {name}, as in {votes.example}, was read as the sign of decimals",
            hint='If it separates thousands, pass "," in {thousands}',
        )
        return ","
    if votes.doubtful["."] and separator == ";":  # as where commas come before decimals
        warn_data(
            f"The point in {name}, as in {votes.example}, was read as the sign of decimals",
            hint='If it separates thousands, pass "." in {thousands}',
        )
    return "."
