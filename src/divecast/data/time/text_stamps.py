"""Time stamps written as text in other ways than ISO 8601: day first, with AM and PM, as months, quarters or weeks."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from divecast.data.time.text_shapes import SHAPES, Readings
from divecast.errors import DataError

RowName = Callable[[int], str]
"""Names a row in a message, by its number."""

_MOST_READINGS = 3
_SAMPLE = 200


def count_from_zero(row: int) -> str:
    """Name a row by its number."""
    return f"row {row} (counting from 0)"


def is_stamp(text: str) -> bool:
    """Whether a text is a time in any of the ways that are known; a plain number is none."""
    import pyarrow as pa

    text = text.strip()
    if not text or text.isdecimal():
        return False
    return any(shape.fits(text) for shape in SHAPES) or (text[0].isdigit() and _iso(pa.array([text])) is not None)


def parse_texts(arrow: Any, form: str | None, row_name: RowName) -> Any:
    """Read texts as time stamps.

    Args:
        arrow: Arrow array of texts, null where missing.
        form: how they are written, as Python's ``strptime`` has it, or "unix" for seconds or milliseconds since 1970;
            by default found from the texts.
        row_name: names a row, for messages.

    Returns:
        Arrow array of timestamps, in UTC where the texts name a zone.

    Raises:
        DataError: a text is no time, or day and month cannot be told apart.
    """
    import pyarrow as pa

    if form is None and (plain := _iso(arrow)) is not None:
        return plain
    coded = arrow.dictionary_encode()
    texts = coded.dictionary.to_pylist()  # each once: in a long table each time occurs once per series

    def spread(stamps: Any) -> Any:
        return stamps.take(coded.indices)

    def refuse(text: str, **more: Any) -> DataError:
        first = coded.indices.index(texts.index(text)).as_py()
        return DataError(f"The time stamp {text!r} in {row_name(first)} cannot be read", argument="time_format", **more)

    if form is not None:
        return spread(_told(texts, form, refuse))
    stripped = [text.strip() for text in texts]
    plain = _iso(pa.array(stripped, pa.string()))
    if plain is not None:
        return spread(plain)
    readings = _first_shape(stripped)
    if readings is None:
        text = next((text for text, bare in zip(texts, stripped, strict=True) if not is_stamp(bare)), texts[0])
        raise refuse(
            text, hint="Correct it, write it as ISO 8601 (2024-06-30 18:00), or name its form in {time_format}"
        )
    best = max(readings, key=lambda reading: reading.valid.sum())
    if not best.valid.all():
        text = texts[int(np.flatnonzero(~best.valid)[0])]
        raise refuse(
            text, hint=f"The others are written as {best.form}; correct it, or name the form in {{time_format}}"
        )
    complete = [reading for reading in readings if reading.valid.all()]
    _check_one(complete, stripped)
    return spread(pa.array(best.stamps, pa.timestamp("s", "UTC" if best.zoned else None)))


def _iso(texts: Any) -> Any:
    """Arrow array of texts of ISO 8601 as timestamps; None if one is of another kind."""
    import pyarrow as pa

    for target in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return texts.cast(target)
        except pa.ArrowInvalid:
            pass
    return None


def _first_shape(texts: list[str]) -> list[Readings] | None:
    """The readings of the shape that most of the first and last texts have; None if they have none."""
    sample = texts if len(texts) <= _SAMPLE else texts[: _SAMPLE // 2] + texts[-_SAMPLE // 2 :]
    best, most = None, 0
    for shape in SHAPES:
        matches = sum(shape.matches(text) for text in sample)
        if matches > most and any(reading.valid.any() for reading in shape.read(sample)):
            best, most = shape, matches
    return None if best is None else best.read(texts)


def _check_one(readings: list[Readings], texts: list[str]) -> None:
    """Refuse texts that can be read in several ways."""
    first = readings[0]
    for other in readings[1:]:
        differs = np.flatnonzero(first.stamps != other.stamps)
        if len(differs):
            place = int(differs[0])
            shown = [
                f"{reading.stamps[place].astype('datetime64[D]').item():%-d %B %Y}"
                for reading in readings[:_MOST_READINGS]
            ]
            forms = " or ".join(f'"{reading.form}"' for reading in readings[:_MOST_READINGS])
            raise DataError(
                f"Day and month cannot be told apart in the time stamps: {texts[place]!r} is {' or '.join(shown)}",
                hint=f"Pass {forms} in {{time_format}}",
                argument="time_format",
            )


def _told(texts: list[str], form: str, refuse: Callable[..., DataError]) -> Any:
    import pyarrow as pa

    read = _unix if form == "unix" else _by_format(form)
    stamps: list[datetime] = []
    for text in texts:
        try:
            stamps.append(read(text.strip()))
        except (ValueError, OverflowError, OSError) as error:
            if "directive" in str(error):
                raise DataError(
                    expected='a format such as "%d/%m/%Y %H:%M"', found=f"{form!r} ({error})", argument="time_format"
                ) from error
            raise refuse(text, expected=f"times as {form}", hint="Correct it, or name another {time_format}") from error
    zoned = any(stamp.tzinfo is not None for stamp in stamps)
    if zoned:
        stamps = [stamp.astimezone(UTC) for stamp in stamps if stamp.tzinfo is not None]
        if len(stamps) < len(texts):
            raise DataError("Some time stamps name a zone and some do not", hint="Write all of them in one way")
    return pa.array(stamps, pa.timestamp("us", "UTC" if zoned else None))


def _unix(text: str) -> datetime:
    seconds = float(text)
    return datetime.fromtimestamp(seconds / 1000 if abs(seconds) > 1e11 else seconds, tz=UTC)


_HOUR_24 = re.compile(r"\b24(:?00(?::?00)?)\b")


def _by_format(form: str) -> Callable[[str], datetime]:
    def read(text: str) -> datetime:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            midnight, count = _HOUR_24.subn(r"00\1", text)
            if count != 1:
                raise
            return datetime.strptime(midnight, form) + timedelta(days=1)

    return read
