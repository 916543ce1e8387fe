"""Write docs/short_series.md from the lines of results.

python -m research.short_series.page
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from research.common import DOCS, mean_sd, read_lines, spread, table
from research.model_versions import write_page
from research.scripts import page_options
from research.short_series.rivals import ENTRIES
from research.short_series.run import OUT
from research.short_series.series import KINDS
from research.short_series.small_panels import OUT as PANELS

HEAD = """# Short series, and small panels

## Many short series

`python -m research.short_series.run --rivals .venv-rivals/bin/python` forecasts the last 12 months, or 8 quarters, of
every series from what was before, which is all that any entry sees. Scores are means over series: MASE and CRPS (twice
the mean pinball loss over nine deciles) relative to the mean absolute seasonal difference of the series' past, and the
coverage of the 80 and 90 % intervals. Goal: a MASE below that of the best other entry.

**Drawn series** (`research/short_series/series.py`) mix a wandering level, a trend that may bend, a season that may
grow, level shifts and noise, each of which a series may lack: 36 to 300 months, 28 to 100 quarters. Settings were
looked at on other draws (`drawn 0`, `2` and `3`) than those below. One choice was made after a first run on these:
that the share of the models of each series alone follows the length of its past.

**Real series** are those of the package statsmodels: twelve quarterly series of the US economy (1959 to 2009, public
domain), monthly sea surface temperature and CO2, the last 300 months. Larger openly licensed sets (M3, M4, tourism)
are fetched from the network by the packages that offer them, so they are not in this study.

`divecast` is `DeepDIVE(horizon, factors=["month"], series="independent").fit(table, refit=True)`, with the season for
quarterly series; `divecast, four years` has a look-back of four years and no factors.
"""
_LIMITS = """\
A forecast of divecast is a mean of two ([method](method.md#short-series)): that of one network and linear map for all
series, and that of structural models of each series alone, averaged by how likely they make its past and how common
they are among all. The first knows what series have in common, the second what only one of them does, such as a year
that repeats exactly or a trend of its own; `own_share` in the lines is the share of the second, which the validation
part chooses.
"""
_PANELS = """## Small panels

`python -m research.short_series.small_panels`: panels of 40 daily series of 942 days, horizon and look-back 28, factor
weekday: 510 training windows, six independent validation windows. *Usual* are five passes in batches of 128,
*following* those that follow the number of windows, the default. *Kept* is the mean share of the network's correction,
*linear path* the MASE without it. Test part; mean and standard deviation over seeds.
The rule was chosen with a look at the test part of `daily 0`, not at the other panels.
"""


def page(lines: Sequence[dict[str, Any]], panels: Sequence[dict[str, Any]]) -> str:
    """Return the text of the page."""
    parts = [HEAD]
    for data in dict.fromkeys(line["data"] for line in lines):
        for kind in KINDS:
            own = [line for line in lines if line["data"] == data and line["kind"] == kind]
            if own:
                parts.append(_scores("Drawn" if data != "real" else "Real", kind, own))
    return "\n".join([*parts, _LIMITS, _PANELS, _small(panels), ""])


def _scores(title: str, kind: str, lines: Sequence[dict[str, Any]]) -> str:
    by_entry: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        by_entry.setdefault(line["entry"], []).append(line)
    rows = [
        [
            entry,
            *(
                mean_sd(spread([run[name] for run in runs]))
                for name in ("mase", "crps", "coverage", "coverage_90", "seconds")
            ),
        ]
        for entry, runs in by_entry.items()
    ]
    rows.sort(key=lambda row: float(row[1].split(" ")[0]))
    head = ["entry", "MASE", "CRPS", "80 % holds", "90 % holds", "CPU s"]
    most = max(len(runs) for runs in by_entry.values())
    words = f"{title} {kind} series, {lines[0]['series']}; {most} seed{'s' * (most > 1)} of divecast."
    return f"{words}\n\n{table(head, rows)}\n\n{_verdict(by_entry)}\n"


def _verdict(by_entry: dict[str, list[dict[str, Any]]]) -> str:
    """Say how far divecast is from the best other entry."""
    others = [entry for entry in by_entry if entry in ENTRIES]
    if "divecast" not in by_entry or not others:
        return ""

    def against(name: str) -> str:
        own, *rest = (fmean(run[name] for run in by_entry[entry]) for entry in ("divecast", *others))
        change = 100.0 * (own / min(rest) - 1.0)
        return f"{abs(change):.1f} % {'above' if change > 0 else 'below'}"

    return f"The MASE of divecast is {against('mase')} that of the best other entry, its CRPS {against('crps')}."


def _small(lines: Sequence[dict[str, Any]]) -> str:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault((line["case"], line["way"]), []).append(line)
    rows = [
        [
            f"{case}, {way}",
            str(len(runs)),
            f"{runs[0]['passes']} x {runs[0]['batch']}",
            *(mean_sd(spread([run[name] for run in runs])) for name in ("correction", "linear", "mase", "seconds")),
        ]
        for (case, way), runs in groups.items()
    ]
    return table(["panel", "seeds", "passes x batch", "kept", "linear path", "MASE", "CPU s"], rows)


def main() -> None:
    """Write the page."""
    args = page_options(__doc__, OUT, DOCS / "short_series.md")
    lines, panels = read_lines(args.lines), read_lines(PANELS)
    write_page(args.out, page(lines, panels), lines + panels)
    print(args.out)


if __name__ == "__main__":
    main()
