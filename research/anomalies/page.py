"""Write docs/anomalies.md and its figures from research/anomalies/results.jsonl; no number there is typed by hand.

python -m research.anomalies.page
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from research.anomalies.figures import faults_figure, recall_figure
from research.anomalies.runs import OWN, Days, Runs
from research.common import mean_sd, read_lines, spread
from research.model_versions import write_page
from research.scripts import page_options

HERE = Path(__file__).parent
LINES = HERE / "results.jsonl"
PAGE = HERE.parents[1] / "docs" / "anomalies.md"
DAY, WEEK, SHOWN, CUTS = 24, 168, 25, (5, 10, 20)
PARTS = {"eia": "test", "loads": "other half"}
CALENDARS = {"eia": "US federal holidays, days observed in lieu included", "loads": "German public holidays"}
INTRO = """# Which windows are anomalous

Written by `python -m research.anomalies.page` from `research/anomalies/results.jsonl`, which is produced by
`python -m research.anomalies.run eia --data PATH/eia_us_demand_hourly` and `... loads`.

```python
anomalies = model.anomalies(panel, "test")
print(*anomalies.top(5), sep="\\n")  # the most anomalous windows, with reasons
anomalies.frame()  # one row per window: total score, single scores, inferred and given labels
```

`divecast anomalies model.safetensors loads.csv --subset test` does the same. A score is a *rarity*: -log10 of the share
of windows of the validation part that are at least as anomalous, so 2 means one in a hundred. Beyond the highest values
in validation an exponential tail extrapolates it; there it ranks windows, but is not a probability. A window is scored
by its own rows only: its last `horizon` rows by the forecast made before them, the lookback by the code, and its labels
by the classes inferred from the values without them. The total score is the highest of these scores:

- `level`, the mean of -log p of a channel over the horizon, and `peak`, the least likely value;
- `jump`, the forecast error farthest from the line between its neighbours;
- `stuck`, repeated values; the only score that does not use the model;
- `label`, -log p of the given label, for the most anomalous factor.

`reconstruction` (mean -log p of a channel given the code) and `bound` (the joint bound) are reported as well. They
count towards the total only if `scores=` names them: on faults in the validation part they made it worse, see below.
"""
HOLIDAYS = """
## How holidays are detected

The model knows hour, weekday and month, but no holidays. Days are ranked by how much more the windows that end in their
evening look like a Sunday than like the weekday of the calendar: the mean, over the six windows that end with the hours
18 to 23, of log p(Sunday) - log p(given weekday). Sundays themselves are left out, so a holiday on a Sunday does not
count. *Surprise* ranks by -log p(given weekday) alone. Windows of one day suit the question best: a window of a week
infers the weekday from where the weekend lies in it, so a holiday disturbs the inferred weekday for a week after it.
The ranking by weeks is shown for comparison. Window length, ranking and the evening's windows were chosen by hand in a
trial on `eia` in which the results of validation (six holidays) and test were both visible and agreed, so the test
result on `eia` may be slightly optimistic; `loads` was not used for this choice. Many holidays hardly change the
load, and some days that do are not public holidays, such as the Friday after Thanksgiving: neither is an error of the
method.
"""


def page(runs: Sequence[Runs]) -> str:
    """Return the whole page."""
    return "\n".join([INTRO.rstrip(), HOLIDAYS, *(_case(each) for each in runs)]).rstrip() + "\n"


def _case(runs: Runs) -> str:
    return "\n".join([f"## {runs.case}\n\n{runs.about}; {_seeds(runs.seeds)}.", _holidays(runs), _faults(runs)])


def _holidays(runs: Runs) -> str:
    part, first = PARTS[runs.case], runs.days(DAY, PARTS[runs.case])[0]
    told = "\nEach half of the year is scored by a model fitted on the other half." if part == "other half" else ""
    lines = [f"\n### Holidays\n{told}\nPositive are {CALENDARS[runs.case]}.\n", _precision(runs, part)]
    lines.append(f"![precision and recall](figures/anomalies_{runs.case}_holidays.png)\n")
    lines.append(f"The first {SHOWN} of {len(first.rows)} days, seed {first.seed}:\n\n{_list(first)}")
    lines.append(f"Ranks of all holidays, seed {first.seed}: {_ranks(first)}.\n")
    return "\n".join(lines)


def _precision(runs: Runs, part: str) -> str:
    head = ["windows", "ranked by", "counted", "holidays", *(f"precision at {k}" for k in CUTS), "recall at 20"]
    rows = [f"| {' | '.join(head)} | average precision |", f"|---|---|---|{'---:|' * (len(CUTS) + 3)}"]
    for lookback, window in ((DAY, "day"), (WEEK, "week")):
        for by, name in (("sunday", "like a Sunday"), ("surprise", "surprise")):
            for everywhere, counted in _counted(runs):
                every = runs.days(lookback, part, by)
                rows.append(f"| {window} | {name} | {counted} | {' | '.join(_found(every, everywhere))} |")
    return "\n".join(rows) + "\n"


def _counted(runs: Runs) -> list[tuple[bool, str]]:
    return [(True, "in all states"), (False, "in any state")] if runs.case == "loads" else [(True, "federal")]


def _found(every: Sequence[Days], everywhere: bool) -> list[str]:
    curves = [days.curve(everywhere) for days in every]
    precision = [f"{fmean(curve[0][k - 1] for curve in curves):.2f}" for k in CUTS]
    recall = f"{fmean(curve[1][19] for curve in curves):.2f}"
    average = mean_sd(spread([days.average_precision(everywhere) for days in every]))
    return [str(int(every[0].hits(everywhere).sum())), *precision, recall, average]


def _list(days: Days) -> str:
    rows = ["| | day | given | read | like a Sunday, nats | holiday |", "|---:|---|---|---|---:|---|"]
    for at, (date, given, read, _, sunday, holiday) in enumerate(days.rows[:SHOWN], 1):
        rows.append(f"| {at} | {date} | {given} | {read} | {sunday:.1f} | {holiday} |")
    return "\n".join(rows) + "\n"


def _ranks(days: Days) -> str:
    return ", ".join(f"{row[5]} {row[0]}: {at}" for at, row in enumerate(days.rows, 1) if row[5])


def _faults(runs: Runs) -> str:
    n_windows, alarms = runs.alarms("test")
    table, names = _table(runs), _shown(runs)
    return f"""### Faults

{n_windows} windows of the test part, each also with a fault in its last day (the late clock: throughout), in a channel
drawn at random; ROC-AUC of windows with a fault against windows without, mean over the seeds; the last row has
its standard deviation, too. Each detector sees the same windows and days. For each rival, the table shows the variant
that was best on faults in the validation part.

{table}

![faults](figures/anomalies_{runs.case}_faults.png)

{_ahead(runs, names)}

Scores and sizes were developed on faults of the same kinds in the validation part of `eia`; a flat line is an exact
repetition here, which is what `stuck` detects. The *rarity* of a rival's residuals is computed as divecast's own is:
level, peak, jump and stuck values, relative to validation; divecast differs from it by its forecast and the labels.

Of the windows without a fault, {_percent(alarms)} have a score of at least 1, 2 and 3, compared with 10, 1 and 0.1 %
in validation. Days of the test part that are truly anomalous are among them; where the shares are much higher, the test
part is from another season than validation, and only the order of the scores can be trusted.

Combinations of scores that were compared, mean ROC-AUC over all faults, its mean and standard deviation over the seeds;
the choice was made by the first column:

{_candidates(runs)}
"""


def _shown(runs: Runs) -> list[tuple[str, str]]:
    families = ("per-channel ridge", "seasonal naive (24)", "seasonal naive (168)", "isolation forest")
    return [(OWN, "divecast"), *((name, name) for name in map(runs.best, families))]


def _table(runs: Runs) -> str:
    names = _shown(runs)
    rows = [f"| fault | size | {' | '.join(title for _, title in names)} |", f"|---|---|{'---:|' * len(names)}"]
    for fault, size in runs.faults():
        values = [runs.auc(name, "test", [(fault, size)]) for name, _ in names]
        rows.append(f"| {fault} | {size:g} {runs.unit(fault)} | {' | '.join(_bold(v, max(values)) for v in values)} |")
    means = [mean_sd(spread(runs.aucs(name, "test"))) for name, _ in names]
    return "\n".join([*rows, f"| mean | | {' | '.join(means)} |"])


def _bold(value: float, best: float) -> str:
    return f"**{value:.3f}**" if round(value, 3) == round(best, 3) else f"{value:.3f}"


def _ahead(runs: Runs, names: Sequence[tuple[str, str]]) -> str:
    """Return in how many settings divecast is ahead, and in which a rival is as good or better, to three digits."""
    level, behind = [], []
    for fault, size in runs.faults():
        own, *others = (round(runs.auc(name, "test", [(fault, size)]), 3) for name, _ in names)
        setting = f"{fault} {size:g} {runs.unit(fault)}"
        if max(others) == own:
            level.append(f"{setting} ({own:.3f})")
        elif max(others) > own:
            behind.append(f"{setting} ({own:.3f} against {max(others):.3f})")
    won = len(runs.faults()) - len(level) - len(behind)
    of = f"Ahead of all rivals in {won} of {len(runs.faults())} settings"
    return f"{of}; level with the best in: {', '.join(level) or 'none'}; behind in: {', '.join(behind) or 'none'}."


def _candidates(runs: Runs) -> str:
    names = sorted(
        (name for name in runs.names() if name.startswith("divecast")), key=lambda name: -runs.auc(name, "valid")
    )
    rows = ["| score | validation | test |", "|---|---:|---:|"]
    for name in names:
        valid, test = (mean_sd(spread(runs.aucs(name, part))) for part in ("valid", "test"))
        rows.append(f"| {name.split(': ')[1]} | {valid} | {test} |")
    return "\n".join(rows)


def _percent(shares: Sequence[float]) -> str:
    return ", ".join(f"{100 * share:.1f} %" for share in shares)


def _seeds(n: int) -> str:
    return "1 seed" if n == 1 else f"{n} seeds"


def main() -> None:
    """Write the page and the figures."""
    args = page_options(__doc__, LINES, PAGE)
    lines = read_lines(args.lines)
    every = [Runs(case, [line for line in lines if line["case"] == case]) for case in PARTS]
    every = [runs for runs in every if runs.lines]
    folder = args.out.parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for runs in every:
        part = PARTS[runs.case]
        curves = [(f"windows of a day, {name}", runs.days(DAY, part), all_) for all_, name in _counted(runs)]
        curves += [(f"windows of a week, {name}", runs.days(WEEK, part), all_) for all_, name in _counted(runs)]
        recall_figure(curves).savefig(folder / f"anomalies_{runs.case}_holidays.png", dpi=130)
        faults_figure(runs, _shown(runs)).savefig(folder / f"anomalies_{runs.case}_faults.png", dpi=130)
    write_page(args.out, page(every), [line for runs in every for line in runs.lines])
    print(args.out)


if __name__ == "__main__":
    main()
