"""Tables as people have them, as text: each function writes one kind. Values are invented, seeds fixed."""

import numpy as np
import pandas as pd

ROWS = 240
HOURS = pd.date_range("2024-01-08", periods=ROWS, freq="h")


def load(number: int, times: pd.DatetimeIndex = HOURS) -> pd.Series:
    """A series with a daily cycle, at a level of its own."""
    day = np.sin(2 * np.pi * times.hour / 24 - 2) + 0.3 * np.sin(2 * np.pi * times.day_of_week / 7)
    noise = np.random.default_rng(number).standard_normal(len(times))
    return pd.Series((20 * (number + 1) * (1 + 0.3 * day + 0.05 * noise)).round(2), times)


def wide(times: pd.DatetimeIndex = HOURS, n: int = 2, name: str = "time") -> pd.DataFrame:
    """Series s0, s1, ... beside a column of times."""
    return pd.DataFrame({f"s{number}": load(number, times) for number in range(n)}).rename_axis(name).reset_index()


def long(meter: str = "meter", time: str = "time", kwh: str = "kwh") -> pd.DataFrame:
    """Four series, one row per series and time."""
    table = wide(n=4).melt("time", var_name=meter, value_name=kwh)
    return table.rename(columns={"time": time})


def csv(table: pd.DataFrame, **how: object) -> str:
    """A table as text."""
    return table.to_csv(**{"index": False, **how})


def numbered(form: str) -> str:
    """A long table whose series are called by ``form`` and their number."""
    table = long()
    return csv(table.assign(meter=table.meter.str[1].map(form.format)))


def two_keys() -> str:
    """A long table whose series have two columns of whole numbers."""
    table = long()
    number = table.meter.str[1].astype(int)
    return csv(table.assign(store=number % 2 + 1, item=number // 2 + 101)[["time", "store", "item", "kwh"]])


def named_na() -> str:
    """A long table with a series called NA."""
    table = long()
    return csv(table.assign(meter=table.meter.replace("s2", "NA")))


def ragged() -> str:
    """A long table of which s1 starts late and s2 ended early."""
    table = long()
    late, early = table.time < HOURS[60], table.time > HOURS[200]
    return csv(table[~((table.meter == "s1") & late) & ~((table.meter == "s2") & early)])


def launched_late() -> str:
    """A long table of which s3 begins after the training part."""
    table = long()
    return csv(table[(table.meter != "s3") | (table.time > HOURS[-60])])


def constant() -> str:
    """A long table of which s0 is always 0."""
    table = long()
    return csv(table.assign(kwh=table.kwh.where(table.meter != "s0", 0.0)))


def thousands() -> str:
    """A wide table of numbers such as 14,670."""
    table = wide().set_index("time") * 1000
    return csv(table.map(lambda value: f"{value:,.0f}").reset_index())


def missing(*words: str) -> str:
    """A wide table with words for missing numbers."""
    table = wide().astype(object)
    draws = np.random.default_rng(0)
    for word in words:
        table.loc[draws.choice(ROWS - 30, 3, replace=False), "s0"] = word
    return csv(table)


def stamped(form: str, table: pd.DataFrame | None = None) -> str:
    """A wide table whose first column is written by ``form``."""
    table = wide() if table is None else table
    return csv(table.assign(**{table.columns[0]: table.iloc[:, 0].dt.strftime(form)}))


def ambiguous_days() -> str:
    """Twelve days whose day and month could be exchanged."""
    days = pd.DatetimeIndex([f"2024-{month:02}-05" for month in range(1, 13)])
    return stamped("%d/%m/%Y", wide(days))


def months(rows: int = 72) -> pd.DataFrame:
    """Monthly series with a yearly cycle."""
    times = pd.date_range("2018-01-01", periods=rows, freq="MS", name="month")
    count, draws = np.arange(rows), np.random.default_rng(0)
    year = 8 * np.sin(2 * np.pi * count / 12) + 0.3 * count
    series = {f"r{k}": (50 + 10 * k + year + draws.standard_normal(rows)).round(2) for k in range(3)}
    return pd.DataFrame(series, times).reset_index()


def quarters() -> str:
    """Quarterly series with stamps such as 2018Q1."""
    table = months(120).iloc[::3]
    return csv(table.assign(month=table.month.dt.to_period("Q").astype(str)))


def business_days() -> str:
    """Prices of working days."""
    days = pd.bdate_range("2022-01-03", periods=260, name="day")
    walks = np.cumsum(np.random.default_rng(0).standard_normal((260, 2)), axis=0) + 100
    return csv(pd.DataFrame(walks.round(2), days, ["p0", "p1"]).reset_index())


def opening_hours() -> str:
    """Visitors from nine to five, every day."""
    times = pd.date_range("2024-01-01", periods=24 * 30, freq="h")
    return csv(wide(times[(times.hour >= 9) & (times.hour < 17)], 1))


def autumn(newest_first: bool = False) -> str:
    """Local time of Berlin over the end of summer time."""
    times = pd.date_range("2024-10-20", periods=ROWS, freq="h", tz="UTC")
    table = wide(times)
    table = table.assign(time=times.tz_convert("Europe/Berlin").tz_localize(None))
    return csv(table[::-1] if newest_first else table)


def recordings() -> str:
    """Eight recordings whose rows are counted and labelled."""
    rows = np.arange(120)
    table = pd.DataFrame(
        {
            "row": rows,
            "ax": np.sin(rows / 3).round(4),
            "ay": np.cos(rows / 3).round(4),
            "activity": np.where(rows < 60, "walk", "stairs"),
        }
    )
    return csv(pd.concat([table.assign(rec=f"r{number}") for number in range(8)]))
