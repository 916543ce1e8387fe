"""Look-back and split of a fit for which they are not given: the usual ones, or what short data can afford.

A panel should have a look-back of a week (four weeks of daily data), or two seasons of longer steps, and parts in the
shares 3:1:1. Where that leaves too few training windows, validation and test part shrink to a horizon each, then the
look-back to one season, then the test part is given up, then the look-back shrinks further.
"""

from itertools import product

import numpy as np

from divecast._text import plural
from divecast.data import ByTime, Source, Split, seasons
from divecast.errors import DataError, warn_data

_WITHOUT_SEASON = 16  # steps of look-back, if there is no season
_FEWEST = 8  # training windows; at least half as many as the look-back has steps


def lookback_and_split(
    source: Source, horizon: int, lookback: int | None, split: Split | None, n_rows: int | None = None
) -> tuple[int, Split]:
    """Return look-back and split of a fit: those given, the usual ones, or what the data can afford.

    Of recordings, the median length counts, and the split stays as usual.

    Args:
        source: panel or recordings.
        horizon: steps ahead.
        lookback: as given; None for one that suits the data.
        split: as given; None for one that suits the data.
        n_rows: rows of the median of independent series, whose look-back may reach before their first row; None for
            series that are forecast together.

    Raises:
        DataError: no look-back fits.

    Example:
        >>> lookback_and_split(panel, 24, None, None)
        (168, ByTime(train=3, valid=1, test=1))
    """
    if lookback is not None and (split is not None or source.clock is None):
        return lookback, split or ByTime()
    independent, n_rows = n_rows is not None, n_rows or int(np.median(np.diff(source.offsets)))
    usual = usual_lookback(source, horizon)
    lookbacks = [lookback] if lookback is not None else _shorter(usual, next(iter(seasons(source.clock)), 1))
    splits = [split] if split is not None else _splits(n_rows, horizon, source.clock is not None)
    for length, parts in [*_in_order(lookbacks, splits), *product(lookbacks, splits)]:
        least = 1 if independent else max(_FEWEST, length // 2)  # many series have enough windows together
        if _n_train(n_rows, parts) - length - horizon + 1 >= least:
            break
    else:
        fitting = [each for each in product(lookbacks, splits) if _n_train(n_rows, each[1]) >= sum((each[0], horizon))]
        if not fitting:
            if lookback is not None:
                return lookback, splits[-1]  # refused with the number that fits, once windows are cut
            most = _n_train(n_rows, splits[-1]) - 1
            raise DataError(
                f"{plural(n_rows, 'row')} are too few to forecast {horizon} steps ahead",
                hint=f"Use a {{horizon}} of at most {most}, or more rows" if most > 0 else "Use more rows",
                argument="horizon",
            )
        length, parts = fitting[0]
    if parts != splits[0] or (lookback is None and length != usual):
        _say(n_rows, length if lookback is None else None, parts if parts != splits[0] else None)
    return length, parts


def usual_lookback(source: Source, horizon: int) -> int:
    """Return the look-back that data of any length should have."""
    clock = source.clock
    season = next(iter(seasons(clock)), None)
    if clock is None or season is None:
        return max(_WITHOUT_SEASON, 2 * horizon)
    week = clock.steps_per("week") or 0
    return max(week, (4 if season == week else 2) * season, horizon)


def _shorter(usual: int, season: int) -> list[int]:
    lengths = [usual, 2 * season, season]
    while lengths[-1] > 1:
        lengths.append(lengths[-1] // 2)
    return [length for length in dict.fromkeys(lengths) if length <= usual]


def _splits(n_rows: int, horizon: int, is_panel: bool) -> list[Split]:
    """Return the usual split; of a panel also parts of a horizon for validation and test, and one without a test."""
    splits: list[Split] = [ByTime()]
    if is_panel and n_rows > 2 * horizon:
        splits.append(ByTime(n_rows - 2 * horizon, horizon, horizon))
    if is_panel and n_rows > horizon:
        splits.append(ByTime(n_rows - horizon, horizon, 0))
    return splits


def _in_order(lookbacks: list[int], splits: list[Split]) -> list[tuple[int, Split]]:
    """Return the pairs to prefer: with a test part first, longer look-backs of at least a season first."""
    with_test = [each for each in splits if not isinstance(each, ByTime) or each.test]
    return [*product(lookbacks[:3], with_test), *product(lookbacks[:3], splits)]


def _n_train(n_rows: int, split: Split) -> int:
    if not isinstance(split, ByTime):
        return n_rows
    return int(n_rows * split.train / (split.train + split.valid + split.test) + 1e-9)


def _say(n_rows: int, lookback: int | None, split: Split | None) -> None:
    told = [] if lookback is None else [f"the look-back is {lookback}"]
    if isinstance(split, ByTime):
        told.append(
            f"{split.train:g} rows are for training, {split.valid:g} for validation and {split.test:g} for a test"
        )
    warn_data(
        f"The data are short, {plural(n_rows, 'row')}: {', and '.join(told)}",
        hint="Give {lookback} or {split} for others",
    )
