"""Make the tables that pages of the documentation start from: shops with promotions, and meters with a temperature.

    python scripts/make_example_tables.py [FOLDER]

They are simulated, so that what a forecast should say is known: a promotion sells a third more in small shops and half
more in large ones, and meters use more the further the temperature is below 15 degrees. Without FOLDER they are written
to docs/data.
"""

import csv
import gzip
import io
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "data"
DAYS, WEEK, SHOPS = 506, 7, 8
HOURS, DAY, METERS = 365 * 24, 24, ("bakery", "office", "school", "house 1", "house 2", "cold store")


def shops() -> dict[str, str]:
    """Return tables of daily sales, of the week after them, and of facts of the shops, as text."""
    draw = np.random.default_rng(0)
    day = np.arange(DAYS + WEEK)
    dates = [datetime(2023, 1, 16) + timedelta(days=int(one)) for one in day]
    temp = 10 - 9 * np.cos(2 * np.pi * (day - 15) / 365) + draw.normal(0, 2.5, len(day))
    weekday = np.array([0.9, 0.85, 0.95, 1.0, 1.25, 1.5, 0.55])[[date.weekday() for date in dates]]
    sold_rows, week_rows, areas = [], [], []
    for number in range(1, SHOPS + 1):
        area = 120 * number
        promo = (day - 3 * number) % 26 < 3
        promo[DAYS:] = False
        price = np.round(2.0 + 0.05 * number - 0.3 * promo, 2)
        lift = np.where(promo, 1.33 if number <= SHOPS // 2 else 1.5, 1.0)
        mean = 0.35 * area * weekday * lift * (1 + 0.008 * np.maximum(temp - 15, 0))
        sold = draw.negative_binomial(40, 40 / (40 + mean))
        for at, date in enumerate(dates):
            known = [
                f"{date:%Y-%m-%d}",
                f"shop {number}",
                "on" if promo[at] else "off",
                f"{price[at]:.2f}",
                f"{temp[at]:.1f}",
            ]
            week_rows.append(known) if at >= DAYS else sold_rows.append([*known[:2], str(sold[at]), *known[2:]])
        areas.append([f"shop {number}", str(area), "north" if number % 2 else "south"])
    return {
        "shops.csv": _text(["date", "shop", "sold", "promo", "price", "temp"], sold_rows),
        "next_week.csv": _text(["date", "shop", "promo", "price", "temp"], week_rows),
        "areas.csv": _text(["shop", "area", "region"], areas),
    }


def meters() -> dict[str, str]:
    """Return tables of a year of hourly meters with a temperature, and of the temperature of the day after, as text."""
    draw = np.random.default_rng(1)
    hour = np.arange(HOURS + DAY)
    times = [datetime(2023, 6, 5) + timedelta(hours=int(one)) for one in hour]
    weather = np.convolve(draw.normal(0, 1, len(hour) + 71), np.ones(72) / 8.5, mode="valid")
    temp = 10 + 9 * np.cos(2 * np.pi * (hour / 24 - 45) / 365) - 3 * np.cos(2 * np.pi * (hour - 3) / 24) + 2.5 * weather
    clock, weekend = hour % 24, np.array([time.weekday() > 4 for time in times])
    open_hours = np.exp(-(((clock - 13) / 4) ** 2))
    evening = np.exp(-(((clock - 19) / 3) ** 2)) + 0.6 * np.exp(-(((clock - 7) / 2) ** 2))
    shapes = [
        20 + 30 * np.exp(-(((clock - 5) / 3) ** 2)) * (1 - 0.4 * weekend),
        8 + 40 * open_hours * (1 - 0.85 * weekend),
        6 + 25 * open_hours * (1 - 0.95 * weekend),
        1 + 2.5 * evening * (1 + 0.3 * weekend),
        1.5 + 3 * evening * (1 + 0.2 * weekend),
        30 + 4 * open_hours,
    ]
    heating = [0.4, 1.2, 0.9, 0.12, 0.16, 0.0]
    cooling = [0.2, 0.6, 0.0, 0.0, 0.0, 0.8]
    kwh = np.stack(
        [
            shape * np.exp(draw.normal(0, 0.05, len(hour)))
            + warm * np.maximum(15 - temp, 0)
            + cold * np.maximum(temp - 20, 0)
            for shape, warm, cold in zip(shapes, heating, cooling, strict=True)
        ],
        axis=1,
    )
    stamps = [f"{time:%Y-%m-%d %H:%M}" for time in times]
    rows = [
        [stamp, *(f"{value:.2f}" for value in line), f"{warm:.1f}"]
        for stamp, line, warm in zip(stamps, kwh, temp, strict=True)
    ]
    tomorrow = [[row[0], row[-1]] for row in rows[HOURS:]]
    return {
        "meters.csv.gz": _text(["time", *METERS, "temp"], rows[:HOURS]),
        "tomorrow.csv": _text(["time", "temp"], tomorrow),
    }


def _text(head: list[str], rows: Iterable[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([head, *rows])
    return out.getvalue()


def write(folder: Path) -> list[Path]:
    """Write all tables to a folder, the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in {**shops(), **meters()}.items():
        path = folder / name
        data = text.encode()
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        written.append(path)
    return written


if __name__ == "__main__":
    for path in write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")
