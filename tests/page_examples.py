"""What the pages of the documentation start from: files of the names that they use, and short fits."""

import functools
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from divecast import DeepDIVE, Panel, TrainingConfig, datasets
from divecast.cli import main
from divecast.data import write_frame

DOCS = Path(__file__).parents[1] / "docs"
SHORT = ("--set", "training.epochs=1", "--set", "training.window_stride=5")
FITS = ("fit", "backtest", "search")
SETTINGS = """
horizon = 24
lookback = 168
factors = ["hour", "weekday"]

[training]
epochs = 1
window_stride = 5
"""


def loads() -> Panel:
    """The last sixteen weeks of some of the shipped loads."""
    panel = datasets.load("loads")
    return panel.rows(len(panel.values) - 16 * 168, len(panel.values)).select(panel.channels[:12])


def stores() -> pd.DataFrame:
    """A long table whose series two columns name together."""
    days, draw = pd.date_range("2024-01-01", periods=300), np.random.default_rng(3)
    return pd.concat(
        pd.DataFrame({"store": store, "item": item, "time": days, "kwh": draw.normal(5, 1, len(days))})
        for store, item in (("001", "a"), ("001", "b"), ("002", "a"))
    )


def write_files(folder: Path) -> None:
    """Write every file that a command or a program of the pages reads."""
    for file in (DOCS / "data").iterdir():
        shutil.copyfile(file, folder / file.name)
    panel = loads()
    stamps = pd.date_range(str(panel.clock.start), periods=len(panel.values), freq="1h")
    table = pd.DataFrame(panel.values, columns=list(panel.channels)).assign(ds=stamps)
    write_frame(table, folder / "loads.csv")
    write_frame(table, folder / "loads.parquet")
    kinds = pd.DataFrame({"series": panel.channels, "kind": [name[0] for name in panel.channels]})
    kinds.to_csv(folder / "kinds.csv", index=False)
    (folder / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    _write_sales(folder)
    _write_trials(folder)
    hours = pd.date_range("2024-01-01", periods=600, freq="1h")
    draw = np.random.default_rng(0)
    meters = pd.DataFrame({"time": hours.strftime("%d/%m/%Y %H:%M"), "a": draw.normal(5, 1, 600).round(2)})
    meters.loc[3, "a"] = None
    meters.to_csv(folder / "meters.txt", index=False, na_rep="?")
    wide = pd.DataFrame(draw.normal(5, 1, (600, 4)), columns=list("abcd")).assign(time=hours)
    wide.to_parquet(folder / "meters.parquet")


def _write_sales(folder: Path) -> None:
    """Articles with a promotion, some of which were launched later, and facts of them."""
    days, draw = pd.date_range("2023-01-01", periods=300), np.random.default_rng(1)
    items = []
    for number in range(12):
        own = days[60 * (number % 3) :]
        promotion = (np.arange(len(own)) % 11 < 2) * 1.0
        values = (
            10 + number + 3 * np.sin(np.arange(len(own)) / 7 * 2 * np.pi) + 4 * promotion + draw.normal(size=len(own))
        )
        items.append(pd.DataFrame({"unique_id": f"item {number}", "ds": own, "y": values, "promotion": promotion}))
    pd.concat(items[:10]).to_parquet(folder / "sales.parquet")
    pd.concat(items[10:]).to_parquet(folder / "launched_since.parquet")
    facts = pd.DataFrame({"unique_id": [f"item {number}" for number in range(12)], "size": np.arange(12.0)})
    facts[:10].to_csv(folder / "items.csv", index=False)
    facts[10:].to_csv(folder / "new_items.csv", index=False)


def _write_trials(folder: Path) -> None:
    """Recordings of ten people before and after, with two more labels."""
    (folder / "trials").mkdir()
    draw, seconds, rows = np.random.default_rng(2), np.arange(500) / 50, []
    for person in range(10):
        for number, condition in enumerate(("before", "after", "1Reg")):
            speed, size = 1 + 0.02 * person + 0.1 * number, 1 + 0.4 * number
            columns = {f"x{at}": size * np.sin(2 * np.pi * speed * seconds + at) for at in range(3)}
            table = pd.DataFrame({"time": seconds, **columns})
            table += 0.1 * draw.normal(size=table.shape) * (table.columns != "time")
            name = f"p{person:02}_{condition}"
            table.to_csv(folder / "trials" / f"{name}.csv", index=False)
            contact, push_off = ("early", "late")[person % 2], ("weak", "strong")[(person // 2) % 2]
            rows.append([name, f"p{person:02}", condition, contact, push_off])
    labels = pd.DataFrame(rows, columns=["trial", "participant", "condition", "contact", "push_off"])
    labels.to_csv(folder / "labels.csv", index=False)


MODELS = {
    "loads": "loads.csv --factor hour --factor weekday --horizon 24 --lookback 168 --tz Europe/Berlin",
    "shops": "shops.csv --id shop --value sold --factor weekday --factor promo:per-series --covariate temp "
    "--covariate price:per-series --static areas.csv --horizon 7 --lookback 28",
    "trials": "trials --known labels.csv --factor condition --group participant --horizon 25 --lookback 150",
    "meters.csv": "meters.csv.gz --covariate temp --factor hour --factor weekday --horizon 24",
}
"""Fits of the models that commands of the pages call model.safetensors, by the first letters of their data."""


def run(*words: str) -> None:
    """Run a command of the pages; a fit is short."""
    code = main([*words, *SHORT] if words[0] in FITS else [*words])
    assert code == 0, words


def shorten(monkeypatch) -> None:
    """Let every fit of a program take a second or two."""
    plain = DeepDIVE.__init__

    @functools.wraps(plain)
    def short(self, *args, training=None, **named):
        training = training or TrainingConfig(epochs=1, window_stride=5)
        if training.epochs != 1:
            training = replace(training, epochs=1, window_stride=4 * (training.window_stride or 1) + 1)
        plain(self, *args, training=training, **named)

    monkeypatch.setattr(DeepDIVE, "__init__", short)
    warnings.simplefilter("ignore", UserWarning)  # a fit in a second knows few holidays, and few rows are few classes
