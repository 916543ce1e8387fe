"""Draw the pictures of docs/gallery.md and write the page: one result, one call, one picture.

python scripts/draw_gallery.py

Fits the shipped loads as `divecast demo` does, and a model of the simulated meters of docs/data; takes some minutes.
"""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from divecast import DeepDIVE, Panel, TrainingConfig, datasets
from divecast.plots import plot, write_picture

DOCS = Path(__file__).resolve().parents[1] / "docs"
FOLDER = DOCS / "figures" / "gallery"
HEAD = """# Gallery

Every result has `plot()`, which returns a matplotlib figure; [divecast.plots](api.md#divecastplots) has the displays
behind it. These pictures were drawn by `python scripts/draw_gallery.py` with two models: one of the shipped loads, and
one of the table of [meters with a temperature](temperature.md). Pictures of recordings are in the tutorials on
[motion](tutorials/2_half_labelled_motion.md) and [gait](tutorials/4_feedback_in_gait.md).

```python
from divecast import DeepDIVE, Panel, TrainingConfig, datasets
from divecast.plots import plot

panel = datasets.load("loads")
model = DeepDIVE(24, 168, ["hour", "weekday"], training=TrainingConfig(epochs=8)).fit(panel)
year = Panel.read("meters.csv.gz", covariates=["temp"])
meters = DeepDIVE(24, 168, ["hour", "weekday"], covariates=["temp"]).fit(year)
```
"""
CHRISTMAS = "2016-12-26T01:00"
Picture = tuple[str, str, str, Callable[[], Any]]
"""Name, title, call as shown, and what draws it."""


def pictures(model: DeepDIVE, panel: Any, meters: DeepDIVE, told: tuple[Any, Any]) -> Iterator[Picture]:
    """Yield the pictures in the order of the page."""
    year, tomorrow = told
    week = model.forecast(panel, start="2016-12-05", stop="2016-12-09", every=24)
    yield (
        "forecasts",
        "Rolling forecasts with intervals, and what came",
        """week = model.forecast(panel, start="2016-12-05", stop="2016-12-09", every=24)
plot(week, data=panel, series=["G0-A", "H0-A"])""",
        lambda: plot(week, data=panel, series=["G0-A", "H0-A"]),
    )
    yield (
        "paths",
        "Sample paths: joint scenarios of all steps and series",
        'model.forecast(panel, n_paths=200).total("step").plot()',
        lambda: model.forecast(panel, n_paths=200).total("step").plot(),
    )
    yield (
        "parts",
        "What a forecast adds up from",
        'meters.forecast(year, future="tomorrow.csv").parts().plot(series="office")',
        lambda: meters.forecast(year, future=tomorrow).parts().plot(series="office"),
    )
    yield (
        "effects",
        "The effect of the temperature",
        'meters.effects().plot(name="temp")',
        lambda: meters.effects().plot(name="temp"),
    )
    yield (
        "scenario",
        "A scenario: three degrees warmer",
        'meters.what_if(year, future={"temp": 3.0}, future_rows="tomorrow.csv").plot(series=["office", "house 1"])',
        lambda: meters.what_if(year, future={"temp": 3.0}, future_rows=tomorrow).plot(series=["office", "house 1"]),
    )
    yield (
        "what_if",
        "What if: a holiday as if it were a Sunday",
        f'model.what_if(panel, factor="weekday", to="Sunday", at="{CHRISTMAS}").plot(series=["G0-A", "H0-A"])',
        lambda: model.what_if(panel, factor="weekday", to="Sunday", at=CHRISTMAS).plot(series=["G0-A", "H0-A"]),
    )
    codes = model.encode(panel, part="test")
    yield (
        "code",
        "The code of the test windows",
        'model.encode(panel, part="test").plot()',
        lambda: plot(codes),
    )
    labels = model.infer_labels(panel, part="test")
    yield (
        "labels",
        "Labels read from the values alone",
        'plot(model.infer_labels(panel, part="test"), factor="weekday")',
        lambda: plot(labels, factor="weekday"),
    )
    yield (
        "traversal",
        "Windows along one dimension of the code",
        f'model.traverse(panel, "b_hour", at="{CHRISTMAS}").plot()',
        lambda: model.traverse(panel, "b_hour", at=CHRISTMAS).plot(),
    )
    anomalies = model.anomalies(panel, "test")
    yield "anomalies", "Anomalous windows", 'model.anomalies(panel, "test").plot()', anomalies.plot
    yield (
        "why",
        "What a forecast depends on",
        f'model.why(panel, at="{CHRISTMAS}").plot()',
        lambda: model.why(panel, at=CHRISTMAS).plot(),
    )
    evaluation = model.evaluate(panel, every=6)
    yield (
        "scores",
        "Scores by step, beside simple forecasters",
        "model.evaluate(panel, every=6).plot()",
        evaluation.plot,
    )
    yield "check", "Whether the code is usable", "model.check(panel).plot()", lambda: model.check(panel).plot()
    yield "history", "Losses of the fit", "model.history.plot()", model.history.plot


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    panel = datasets.load("loads")
    model = DeepDIVE(24, 168, ["hour", "weekday"], training=TrainingConfig(epochs=8)).fit(panel, progress=False)
    year = Panel.read(DOCS / "data" / "meters.csv.gz", covariates=["temp"])
    meters = DeepDIVE(24, 168, ["hour", "weekday"], covariates=["temp"]).fit(year, progress=False)
    tomorrow = DOCS / "data" / "tomorrow.csv"
    sections = [HEAD]
    for name, title, call, draw in pictures(model, panel, meters, (year, tomorrow)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            write_picture(draw(), FOLDER / f"{name}.png")
        sections.append(f"## {title}\n\n```python\n{call}\n```\n\n![{title}](figures/gallery/{name}.png)\n")
        print(name)
    (DOCS / "gallery.md").write_text("\n".join(sections), encoding="utf-8")


if __name__ == "__main__":
    main()
