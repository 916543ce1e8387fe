"""Fit a model on your own table and forecast the day after its end.

    python examples/forecast_a_table.py loads.csv Europe/Berlin

The table has a column of hourly time stamps and one column of numbers per series.
"""

import sys

from divecast import DeepDIVE, Panel, TrainingConfig


def main(path: str, zone: str = "UTC") -> None:
    panel = Panel.read(path, tz=zone)
    training = TrainingConfig(epochs=8)
    model = DeepDIVE(horizon=24, lookback=168, factors=["hour", "weekday"], training=training).fit(panel)
    print(model.evaluate(panel))
    print(model.forecast(panel, levels=(0.05, 0.5, 0.95)).frame())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:3])
