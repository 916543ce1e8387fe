"""``divecast demo``."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from divecast.cli import options
from divecast.cli.commands.evaluate import SHOWN_STEPS, print_scores
from divecast.cli.console import print_json, print_lines, say, shown
from divecast.config import TrainingConfig
from divecast.errors import ArtifactError

if TYPE_CHECKING:
    from divecast.data import Panel
    from divecast.estimator import DeepDIVE
    from divecast.inference.results import Forecast

HORIZON, LOOKBACK, FACTORS = 24, 168, ("hour", "weekday")
_FULL = TrainingConfig(epochs=8)
_QUICK = TrainingConfig(epochs=1, window_stride=5)  # no divisor of a day: every hour is seen


@dataclass(frozen=True, slots=True)
class Products:
    """Where the demo puts what it makes."""

    folder: Path

    @property
    def model(self) -> Path:
        """The fitted model."""
        return self.folder / "model.safetensors"

    @property
    def last_day(self) -> Path:
        """The forecast of the last day of the year."""
        return self.folder / "forecast_last_day.csv"

    @property
    def rolling(self) -> Path:
        """A forecast a day, from midnight, over the test part."""
        return self.folder / "forecasts_test.csv"

    @property
    def codes(self) -> Path:
        """The code of every window of the test part."""
        return self.folder / "codes.csv"

    @property
    def scores(self) -> Path:
        """Scores of the model and of simple forecasters."""
        return self.folder / "evaluation.csv"

    @property
    def forecasts_figure(self) -> Path:
        """Forecasts of a week, and what came."""
        return self.folder / "forecasts.png"

    @property
    def code_map(self) -> Path:
        """The code of every window of the test part."""
        return self.folder / "code_map.png"

    @property
    def what_if(self) -> Path:
        """A Wednesday's forecast, and the same were it a Sunday."""
        return self.folder / "what_if.png"

    @property
    def figures(self) -> tuple[Path, ...]:
        """All pictures."""
        return self.forecasts_figure, self.code_map, self.what_if


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the results.")] = Path("demo"),
    quick: Annotated[bool, typer.Option("--quick", help="One short epoch, only to see that all works.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of every random draw.")] = 0,
    as_json: options.Json = False,
) -> None:
    """Fit on the shipped loads of 27 consumer classes, forecast, encode and score; a few minutes on two cores."""
    from divecast.data.datasets import load
    from divecast.estimator import DeepDIVE

    products, panel = Products(_folder(out)), load("loads")
    model = DeepDIVE(HORIZON, LOOKBACK, FACTORS, training=_QUICK if quick else _FULL, seed=seed)
    began = monotonic()
    _tell(as_json, f"Fitting on loads: {len(panel.values)} hours x {len(panel.channels)} profiles")
    model.fit(panel, progress=not as_json)
    seconds = monotonic() - began
    model.save(products.model)
    rolling = _write_results(model, panel, products)
    _write_scores(model, panel, products, silent=as_json)
    drawn = draw(model, panel, rolling, products)
    if as_json:
        made = {name: getattr(products, name) for name in ("model", "last_day", "rolling", "codes", "scores")}
        print_json({"command": "demo", "seconds": seconds, **made, "figures": drawn})
        return
    figures = ", ".join(map(shown, drawn)) or "not drawn: they need matplotlib, pip install 'divecast[plot]'"
    print_lines(
        f"Fitted in {seconds:.0f} s.",
        f"Model:                 {shown(products.model)}",
        f"Forecast, last day:    {shown(products.last_day)}",
        f"Forecasts, test part:  {shown(products.rolling)}",
        f"Codes, test part:      {shown(products.codes)}",
        f"Scores:                {shown(products.scores)}",
        f"Figures:               {figures}",
    )


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"expected a folder to write to at {out}, could not make it: {error}") from error
    return out


def _tell(silent: bool, line: str) -> None:
    if not silent:
        say(line)


def _write_results(model: "DeepDIVE", panel: "Panel", products: Products) -> "Forecast":
    from divecast.data import ByTime, split, write_frame

    stamps = panel.clock.stamps()
    write_frame(model.forecast(panel, start=stamps[-HORIZON], stop=stamps[-HORIZON]).frame(), products.last_day)
    test = split(panel, ByTime()).test.rows()
    wall = panel.clock.local(test)
    midnight = test[wall == wall.astype("datetime64[D]")][0]
    rolling = model.forecast(panel, start=stamps[midnight], stop=stamps[-HORIZON], every=HORIZON)
    write_frame(rolling.frame(), products.rolling)
    write_frame(model.encode(panel, part="test").frame(), products.codes)
    return rolling


def _write_scores(model: "DeepDIVE", panel: "Panel", products: Products, silent: bool) -> None:
    from divecast.data import write_frame

    scores = model.evaluate(panel)
    write_frame(scores.frame(), products.scores)
    if not silent:
        print_scores("Test part, the last fifth of the year", scores, SHOWN_STEPS)


def draw(model: "DeepDIVE", panel: "Panel", rolling: "Forecast", products: Products) -> tuple[Path, ...]:
    """Draw a week of forecasts, the map of the code and a what-if, if matplotlib is there.

    Args:
        model: Fitted on the loads.
        panel: The loads.
        rolling: Forecasts of a day each, following one another.
        products: Where the pictures go.

    Returns:
        What was drawn.
    """
    if find_spec("matplotlib") is None:
        return ()
    from divecast.cli.commands.demo_figure import draw_code_map, draw_forecasts, draw_what_if

    draw_forecasts(panel, rolling, products.forecasts_figure)
    draw_code_map(model, panel, products.code_map)
    draw_what_if(model, panel, products.what_if)
    return products.figures
