"""Write docs/results.md from research/results/results.jsonl; no number there is typed by hand.

python -m research.results.page
"""

import statistics
from collections.abc import Collection
from pathlib import Path
from typing import Any

from divecast.inference import LINEAR_NAMES
from research.common import read_lines
from research.model_versions import write_page

HERE = Path(__file__).parent
LINES = HERE / "results.jsonl"
PAGE = HERE.parents[1] / "docs" / "results.md"
DATA = {
    "eia": "--data PATH/eia_us_demand_hourly ",
    "electricity": "--data PATH/lstnet_electricity_pieces ",
    "gait": "--data PATH/gait_stroke_movingreality ",
    "etth1": "--data PATH/forecasting_benchmarks ",
}
TITLES = {
    "eia": "EIA: 112 series of hourly US demand, 2020 to 2024",
    "motion": "motion: smart-watch recordings of shoulder exercises, people held out",
    "electricity": "LSTNet electricity: the 8 real clients available (not comparable with published 321-client tables)",
    "gait": "Gait after stroke: left foot, window 1000, prediction 800",
    "etth1": "ETTh1, split 3:1:1 by time",
}
NOTES = {
    "eia": """

The default fit shared its two cores with other processes, so its minutes are not those of a quiet machine: an earlier
run of the same settings took 6.3 (`research/results/results.jsonl`). benchmarks.md has times.""",
    "electricity": """

With eight clients the network adds little to the ridge, and nothing at 24 hours.""",
    "gait": """

The split cuts each recording in time (8:1:1), so the people of the test part are known. Every 25th origin is scored.
""",
    "motion": """

Mean over the folds, minimum and maximum in brackets; accuracy in percent. Each fold trains on six people, validates on
two others and is tested on two more, so a fold has 28 test recordings. `--labelled 0.1` hides nine labels in ten at
random, of single rows or of whole recordings. The latter leaves about eight recordings for fourteen combinations; folds
that are not counted had an exercise without any labelled training recording, which a fit refuses. How well labels of
unseen people are inferred depends strongly on who they are; wider windows (400), narrower and more strongly
regularised encoders, hiding channels, random gains and offsets, and standardising each window were tried on the first
fold and did not help on both its validation and its test people.""",
}
INTRO = """# Results

Written by `python -m research.results.page` from `research/results/results.jsonl`; every line there is one run of the
command above its table. RRSE and CORR follow the LSTNet convention, on original units, and every row of the test part
is a target at every step. *Known* passes the labels in the data to the code (calendar labels are always known);
*infer* infers all of them from the window, as in the paper. The ridge is the closed form the model starts from, with
the labels as covariates (stacked in newer runs, see method.md); the interval is the central 90 %, its quantiles
calibrated on the validation part.
The tables of the paper, arm by arm over many runs, are in [reproduction.md](reproduction.md).
"""


def page(lines: list[dict[str, Any]]) -> str:
    """Return the whole page."""
    cases: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        cases.setdefault(line["case"], []).append(line)
    parts = []
    for name in (each for each in TITLES if each in cases):
        runs = cases[name]
        newest = {_command(line): line for line in runs}.values()
        body = _folds(runs) if name == "motion" else "\n\n".join(_run(line) for line in newest)
        parts.append(f"## {TITLES[name]}\n\n{body}{NOTES.get(name, '')}")
    return INTRO + "\n" + "\n\n".join(parts) + "\n"


def _folds(runs: list[dict[str, Any]]) -> str:
    """Return a table of the settings, each over the folds that were run."""
    settings: dict[str, list[dict[str, Any]]] = {}
    for line in runs:
        arguments = {**line["arguments"], "fold": 0}
        settings.setdefault(_command({**line, "arguments": arguments}), []).append(line)
    names = ["exercise, window", "exercise, recording", "side, window", "side, recording", "RRSE", "RRSE of the ridge"]
    head = "| command, with `--fold 0` to `4` | folds | " + " | ".join(names) + " | minutes per fit |"
    return "\n".join([head, "|---|" + "---:|" * 8, *(_fold_row(name, lines) for name, lines in settings.items())])


def _fold_row(name: str, lines: list[dict[str, Any]]) -> str:
    def accuracy(by: str, factor: str) -> str:
        return _spread([100 * line["labels"][by][factor] for line in lines], 1)

    def rrse(models: Collection[str]) -> str:
        found = [line["scores"]["known"] for line in lines]
        named = [list(zip(one["model"], one["horizon"], strict=True)) for one in found]
        at = [next(i for i, (name, step) in enumerate(one) if name in models and step == "all") for one in named]
        return _spread([one["rrse"][i] for one, i in zip(found, at, strict=True)], 3)

    cells = [accuracy(by, factor) for factor in ("exercise", "side") for by in ("window", "recording")]
    minutes = _spread([line["fit_seconds"] / 60 for line in lines], 1)
    scores = f"{rrse(['DeepDIVE'])} | {rrse(LINEAR_NAMES.values())} | {minutes}"
    return f"| `{name}` | {len(lines)} | " + " | ".join(cells) + f" | {scores} |"


def _spread(values: list[float], digits: int) -> str:
    mean = statistics.fmean(values)
    return f"{mean:.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _run(line: dict[str, Any]) -> str:
    text = [f"`{_command(line)}`\n", _about(line), ""]
    head = "| forecaster | step | RRSE | CORR | MAE | MASE | CRPS | in 90 % |"
    text += [head, "|---|" + "---:|" * 7]
    for mode, title in (("known", ""), ("infer", ", labels inferred")):
        scores = line["scores"][mode]
        text += [_score(scores, i, title if mode == "infer" else "") for i in range(len(scores["model"]))]
    labels = line["labels"]
    text += ["", "Labels inferred from the window alone: " + _shares(labels["window"]) + "."]
    if "recording" in labels:
        text += ["By recording (mean over its windows): " + _shares(labels["recording"]) + "."]
    text += [_confusion(name, table) for name, table in labels["confusion"].items()]
    return "\n".join(text)


def _command(line: dict[str, Any]) -> str:
    defaults = {"block": "kind", "epochs": 0, "seed": 0, "labelled": 1.0, "by": "row", "fold": 0}
    given = {name: value for name, value in line["arguments"].items() if value != defaults.get(name)}
    flags = " ".join(f"--{name} {value}" for name, value in given.items())
    return f"python -m research.results.run {line['case']} {DATA.get(line['case'], '')}{flags}".strip()


def _about(line: dict[str, Any]) -> str:
    return (
        f"Fitted in {line['fit_seconds'] / 60:.1f} minutes and {line['fit_peak_gib']} GiB "
        f"({line['epochs_run']} passes, {line['threads']} threads of {line['machine']}; {line['weights']:,} weights)."
    )


def _score(scores: dict[str, list[Any]], i: int, suffix: str) -> str:
    cells = [_number(scores[name][i]) for name in ("rrse", "corr", "mae", "mase", "crps", "coverage")]
    return f"| {scores['model'][i]}{suffix} | {scores['horizon'][i]} | " + " | ".join(cells) + " |"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"


def _shares(shares: dict[str, float]) -> str:
    return ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items())


def _confusion(name: str, table: dict[str, Any]) -> str:
    classes, counts = table["classes"], table["counts"]
    rows = [
        f"| {label} | " + " | ".join(str(n) for n in row) + " |" for label, row in zip(classes, counts, strict=True)
    ]
    head = f"| {name}: true, inferred as | " + " | ".join(classes) + " |"
    body = "\n".join([head, "|---|" + "---:|" * len(classes), *rows])
    return f"\n<details><summary>Confusion of {name}, windows of the test part</summary>\n\n{body}\n\n</details>"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    write_page(PAGE, page(read_lines(LINES)), read_lines(LINES))
    print(PAGE)
