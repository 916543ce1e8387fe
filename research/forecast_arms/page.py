"""Write docs/forecast_arms.md from research/forecast_arms/results.jsonl; no number there is typed by hand.

python -m research.forecast_arms.page
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from research.common import mean_sd, read_lines, spread, table
from research.forecast_arms.run import ARMS
from research.model_versions import write_page
from research.paper.summary import LEVEL, compare
from research.scripts import page_options

LINES, CONTEXT_LINES = (Path(__file__).with_name(f"{name}.jsonl") for name in ("results", "longer_context"))
PAGE = Path(__file__).parents[2] / "docs" / "forecast_arms.md"
SCORES = ("mse", "mase", "crps")
CASES = {
    "loads": "the 27 shipped load profiles, a day ahead from a week",
    "ETTh1": "seven channels of a transformer, 96 hours ahead from 336, cut 3:1:1",
    "eia": "the 24 series of the reproduction, hourly demand of the US",
}
Line = Mapping[str, Any]

INTRO = """# Other ways to use the code in a forecast, and averaged weights

Written by `python -m research.forecast_arms.page`; each line behind it is one fit by
`python -m research.forecast_arms.run loads`, `... ETTh1 --data PATH` or `... eia --data PATH`.

By default the forecaster reads b alone: it sees the window itself, so that a, a function of it, tells nothing
new for the mean. Three other ways are tried, all other settings at their defaults:

- **a**: it reads a as well, through the fusion of the reconstruction, as Wong et al. (2025) do.
- **own-fusion**: it reads a as well, by a fusion of its own, and without a gradient to a. Forecast and reconstruction
  then share no weights, so that this is a third player, but for the norm at which gradients are clipped.
- **averaged**: b alone; validation and the model take a running mean of the weights over the last tenth of the steps
  (polynomial decay, Shamir and Zhang 2013) in place of the last weights. It costs one fit, where the mean of several
  members costs several.

Scores are of the test part, means ± standard deviations over the seeds. *Against default* is the mean difference of the
CRPS in the same seeds, and the p of a paired t test, not corrected for the number of arms.
"""

CONTEXT = """## A longer context

Does the past before the window tell what the forecast leaves? Each line is one run of
`python -m research.forecast_arms.longer_context CASE --data PATH --models FOLDER`. A slow code in closed form: means of
days, further back of weeks, of the rows before the window; with 52 weeks also the same day of the year before. A ridge
regression from it onto the errors of the validation part, at the penalty that does best on later windows of that part,
is added to the forecasts of the test part: *own* from each series' own past, one map for all; *panel* from the
principal components of the panel, sixteen at most. *Window* is a check: the same from the rows that the forecaster has
seen. Change of the mean squared error, mean ± standard deviation over the seeds; below 0 is better, 0 where no penalty
helps within the validation part.
"""


def page(lines: Sequence[Line], contexts: Sequence[Line]) -> str:
    """Return the whole page."""
    sections = [_case(case, [line for line in lines if line["case"] == case]) for case in CASES]
    return "\n".join([INTRO, *filter(None, sections), _contexts(contexts), _verdict(lines) + _of_contexts(contexts)])


def _case(case: str, lines: Sequence[Line]) -> str:
    rows = []
    for arm in ARMS:
        own = [line for line in lines if line["arm"] == arm]
        if own:
            means = [mean_sd(spread([line[name] for line in own])) for name in SCORES]
            rows.append([arm, str(len(own)), *means, _against(lines, arm)])
    if not rows:
        return ""
    header = ["arm", "seeds", "MSE", "MASE", "CRPS", "against default"]
    return f"## {case}\n\n{CASES[case][0].upper()}{CASES[case][1:]}.\n\n{table(header, rows)}\n"


def _contexts(lines: Sequence[Line]) -> str:
    """Return the section on longer contexts, with a column for each case."""
    cases = [*dict.fromkeys(line["case"] for line in lines)]
    ways = [*dict.fromkeys(way for line in lines for way in line["ratios"])]
    rows = [[way, *(_change([line for line in lines if line["case"] == case], way) for case in cases)] for way in ways]
    seeds = [f"{case}, {sum(line['case'] == case for line in lines)} seeds" for case in cases]
    return f"{CONTEXT}\n{table(['past', *seeds], rows)}\n"


def _change(lines: Sequence[Line], way: str) -> str:
    changes = [100.0 * (line["ratios"][way]["mse"] - 1.0) for line in lines if way in line["ratios"]]
    found = spread(changes)
    return "" if found is None else f"{found.mean:+.2f} %" + (f" ± {found.sd:.2f}" if found.sd is not None else "")


def _against(lines: Sequence[Line], arm: str) -> str:
    found = None if arm == "default" else compare(_crps(lines, arm), _crps(lines, "default"))
    if found is None:
        return ""
    share = found.difference / (sum(_crps(lines, "default").values()) / len(_crps(lines, "default")))
    certainty = "" if found.p is None else f", p = {found.p:.3f}" if found.p >= 0.001 else ", p < 0.001"
    return f"{share:+.2%}{certainty}"


def _crps(lines: Sequence[Line], arm: str) -> dict[int, float]:
    return {line["seed"]: line["crps"] for line in lines if line["arm"] == arm}


def _verdict(lines: Sequence[Line]) -> str:
    """Return which arms are ahead, or behind, on which cases."""
    said = ["## In short\n"]
    for arm in [arm for arm in ARMS if arm != "default"]:
        sides: dict[str, list[str]] = {"ahead of": [], "behind": [], "not told apart from": []}
        for case in CASES:
            own = [line for line in lines if line["case"] == case]
            found = compare(_crps(own, arm), _crps(own, "default"))
            if found is not None:
                told = found.p is not None and found.p < LEVEL
                side = "not told apart from" if not told else "ahead of" if found.difference < 0 else "behind"
                sides[side].append(case)
        parts = [f"{side} the default on {', '.join(cases)}" for side, cases in sides.items() if cases]
        said.append(f"- **{arm}** is {'; '.join(parts)} (CRPS, p below {LEVEL:g}).")
    return "\n".join(said) + "\n"


def _of_contexts(lines: Sequence[Line]) -> str:
    """Return what the best longer context gains in each case, beside the check from the window alone."""

    def best(case: str, window: bool) -> str:
        own = [line["ratios"] for line in lines if line["case"] == case]
        ways = [way for way in own[0] if way.startswith("window") == window]
        lowest = min(100.0 * (sum(each[way]["mse"] for each in own) / len(own) - 1.0) for way in ways)
        return f"{round(lowest, 1) + 0.0:+.1f} %"  # without -0.0

    cases = [*dict.fromkeys(line["case"] for line in lines)]
    told = ", ".join(f"{best(case, False)} on {case} ({best(case, True)} from the window alone)" for case in cases)
    return f"- **A longer context**, the best of all ways on the test part: {told}.\n"


def main() -> None:
    """Write the page."""
    options = page_options(__doc__, LINES, PAGE)
    lines = [line for line in read_lines(options.lines) if not line["quick"]]
    contexts = read_lines(CONTEXT_LINES)
    write_page(options.out, page(lines, contexts), [*lines, *contexts])


if __name__ == "__main__":
    main()
