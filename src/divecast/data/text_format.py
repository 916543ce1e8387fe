"""How numbers and columns are written in a text file."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

from divecast.errors import ConfigError

MISSING_TOKENS = (
    *("", "-", "--", "---", "\u2013", "\u2014", "NA", "N/A", "n/a", "na", "N.A.", "n.a.", "#N/A", "#NA", "#N/A N/A"),
    *("NaN", "nan", "NAN", "-NaN", "-nan", "NaT", "<NA>", "null", "NULL", "Null", "None", "none"),
    *("1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
"""Texts that mean a missing number in every file."""

_SPELLED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|", "point": "."}


@dataclass(frozen=True, slots=True)
class TextFormat:
    r"""How a text file is written, where it does not tell itself.

    Attributes:
        sep: sign between columns, such as ";" or "\t" (also "tab"); by default found in the first lines.
        decimal: sign before decimals, "." or ","; by default found in the first lines.
        thousands: sign between thousands, such as "," in 1,234; by default only where the first lines leave no doubt.
        na: texts that mean a missing number, besides an empty cell, "-", "NA", "n/a", "null" and the like.
        encoding: encoding of the text, such as "latin-1"; by default UTF-8, or what a byte order mark says.

    Raises:
        ConfigError: a sign is not one character, two signs are the same, or the encoding is unknown.

    Example:
        >>> TextFormat(sep=";", decimal=",", na=["?"])
        TextFormat(sep=';', decimal=',', thousands=None, na=('?',), encoding=None)
    """

    sep: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    na: Sequence[str] = ()
    encoding: str | None = None

    def __post_init__(self) -> None:
        for name in ("sep", "decimal", "thousands"):
            sign = getattr(self, name)
            sign = _SPELLED.get(sign, sign)
            object.__setattr__(self, name, sign)
            if sign is not None and (len(sign) != 1 or sign.isalnum() or sign in '"\r\n'):
                raise ConfigError(expected="one sign, such as a comma", found=repr(sign), argument=name)
        if self.decimal not in (None, ".", ","):
            raise ConfigError(expected='the decimal sign "." or ","', found=repr(self.decimal), argument="decimal")
        if self.thousands is not None and self.thousands == self.decimal:
            raise ConfigError(
                f"{self.decimal!r} cannot be the sign of decimals and of thousands",
                hint="Correct {decimal} or {thousands}",
                argument="thousands",
            )
        object.__setattr__(self, "na", (self.na,) if isinstance(self.na, str) else tuple(self.na))
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except (LookupError, TypeError) as error:
                raise ConfigError(
                    expected='an encoding such as "utf-8" or "latin-1"',
                    found=repr(self.encoding),
                    argument="encoding",
                ) from error

    def or_as(self, other: "TextFormat") -> "TextFormat":
        """This format, and for what it does not say another one."""
        own = {name: getattr(self, name) or getattr(other, name) for name in self.__slots__}
        return TextFormat(**own)

    @property
    def missing(self) -> tuple[str, ...]:
        """All texts that mean a missing number."""
        return (*MISSING_TOKENS, *self.na)


UNTOLD = TextFormat()
"""Nothing is said of how a file is written."""
