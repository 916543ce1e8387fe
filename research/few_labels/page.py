"""Write docs/few_labels.md and its figures from research/few_labels/results.jsonl; no number there is typed by hand.

python -m research.few_labels.page
"""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import fmean, stdev

from research.common import read_lines
from research.few_labels.figures import accuracy_figure, code_figure
from research.few_labels.runs import PATTERNS, Cell, Runs
from research.model_versions import write_page
from research.scripts import page_options

HERE = Path(__file__).parent
LINES = HERE / "results.jsonl"
PAGE = HERE.parents[1] / "docs" / "few_labels.md"
TITLES = {
    "model": "DeepDIVE",
    "at-once": "DeepDIVE, missing labels in full at once",
    "tenth-unlabelled": "DeepDIVE with a tenth of the KL of missing labels",
    "no-unlabelled": "DeepDIVE without the KL of missing labels",
    "no-borrowing": "DeepDIVE without borrowed features",
    "plain": "DeepDIVE as before",
    "classifier": "classifier, labelled part alone",
    "components": "logistic regression on components",
}
INTRO = """# Few labels

Written by `python -m research.few_labels.page` from `research/few_labels/results.jsonl`; every line there is one run of
`python -m research.few_labels.run eia --data PATH/eia_us_demand_hourly` or `... motion`. Of the two seeds of `motion`,
the second was made before competing kernels ([reading.md](reading.md)) read classes, too.

Labels of training and validation windows are hidden, by window (all factors or none) or by factor (each factor has its
own hidden windows), at random or in blocks (days of `eia`, whole recordings of `motion`); the calendar of `eia` becomes
a label column, so nothing is known from the clock. A fit refuses a class without a label, so windows of a class not yet
seen are labelled first; the resulting share is shown where it is higher than requested. All scores are of the test part
with all its labels. The people in the test part of `motion` are in no training window, and change with the seed. Fits
take 12 passes on `eia` and 15 on `motion`, more than the cases' own, and the best pass by validation is kept. Other
settings are run at 10 and 2 % only; if the number of seeds differs, a cell is the mean over those it has.

- **DeepDIVE** draws half of each batch of the marginal player from the labelled windows, which is the default, and has
  `CodeConfig(borrow=True)`: q(b|x) also reads the features that q(a|x,b) learns from all windows. The weight of the KL
  of missing labels rises over the fit, which is the default as well.
- **in full at once**: that KL has its full weight from the first step (`LossConfig(unlabelled_rise=0)`), as in all arms
  below.
- **without the KL of missing labels** (`LossConfig(unlabelled_kl=0)`) leaves out what the paper calls semi-supervised;
  **with a tenth of it** lies between.
- **as before** has neither: a batch has as many labels as it gets by chance (`TrainingConfig(labelled=0)`).
- **classifier**: a softmax head on the same encoder, trained on the labelled training windows only, for up to 3000
  steps; the step with the best accuracy on the labelled validation windows is kept, for the better of two dropouts.
- **components**: logistic regression on 50 principal components of the standardised windows, penalty chosen likewise.
"""


def page(runs: Sequence[Runs]) -> str:
    """Return the whole page."""
    return "\n".join(
        [
            INTRO,
            "## Verdict\n",
            *(_verdict(each) for each in runs),
            *(_case(each) for each in runs),
        ]
    )


def _verdict(runs: Runs) -> str:
    """Return what is gained over both rivals with all labels and with 2 % of them, by factor."""
    rows, hidden = [], [(pattern, title, 0.02) for pattern, title in PATTERNS.items()]
    none = next(iter(PATTERNS)), "none", 1.0
    for (pattern, title, share), rival in product((none, *hidden), ("classifier", "components")):
        gains = runs.gains("model", rival, pattern, share)
        if not gains:
            continue
        every = [gain for of_factor in gains.values() for gain in of_factor]
        means = " | ".join(f"{100 * fmean(gain):+.0f}" for gain in gains.values())
        name = TITLES[rival].split(",")[0]
        rows.append(f"| {title} | {share:.0%} | {name} | {means} | {sum(g > 0 for g in every)} of {len(every)} |")
    if not rows:
        return ""
    head = f"| labels missing | labelled | against | {' | '.join(runs.factors)} | better in |"
    rule = f"|---|---:|---|{'---:|' * len(runs.factors)}---:|"
    about = f"`{runs.case}`: points of accuracy on the test part that DeepDIVE gains over both rivals, mean over seeds."
    return "\n".join([about, "", head, rule, *rows]) + "\n"


def _case(runs: Runs) -> str:
    tables = [_table(runs, pattern, title) for pattern, title in PATTERNS.items() if runs.shares(pattern)]
    figures = [f"![{runs.case}, {what}](figures/few_labels_{runs.case}_{what}.png)" for what in ("accuracy", "code")]
    return "\n\n".join([f"## {runs.case}", runs.about, *figures, *tables]) + "\n"


def _table(runs: Runs, pattern: tuple[str, str], title: str) -> str:
    factors = runs.factors
    head = ["labelled", "", *(f"{name}, %" for name in factors), "MIG", "gap of own unit", "RRSE"]
    rows = [f"| {' | '.join(head)} |", f"|---|---|{'---:|' * (len(head) - 2)}"]
    for share in runs.shares(pattern):
        for arm, name in TITLES.items():
            cell = runs.cell(arm, pattern, share)
            if cell is not None:
                rows.append(f"| {_share(cell, share)} | {name} | {' | '.join(_cells(cell, factors))} |")
    return f"### Labels missing {title}\n\nMean and standard deviation over {_seeds(runs.seeds)}.\n\n" + "\n".join(rows)


def _seeds(n: int) -> str:
    return "1 seed" if n == 1 else f"{n} seeds"


def _share(cell: Cell, share: float) -> str:
    left = fmean([fmean(line["labelled"].values()) for line in cell.lines])
    return f"{100 * share:g} %" if left < 1.1 * share else f"{100 * share:g} % ({100 * left:.1f} %)"


def _cells(cell: Cell, factors: Sequence[str]) -> list[str]:
    accuracy = [_spread([100 * value for value in cell.of("accuracy", name)], 1) for name in factors]
    others = [("mig", 3), ("own_gap", 3), ("rrse", 4)]
    return [*accuracy, *(_spread(cell.of(name, "all"), digits) for name, digits in others)]


def _spread(values: Sequence[float], digits: int) -> str:
    if not values:
        return ""
    spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{fmean(values):.{digits}f}{spread}"


def main() -> None:
    """Write the page and the figures."""
    args = page_options(__doc__, LINES, PAGE)
    lines = read_lines(args.lines)
    runs = [Runs(case, [line for line in lines if line["case"] == case]) for case in ("eia", "motion")]
    runs = [each for each in runs if each.lines]
    folder = args.out.parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for each in runs:
        accuracy_figure(each, TITLES).savefig(folder / f"few_labels_{each.case}_accuracy.png", dpi=130)
        code_figure(each, TITLES).savefig(folder / f"few_labels_{each.case}_code.png", dpi=130)
    write_page(args.out, page(runs), lines)
    print(args.out)


if __name__ == "__main__":
    main()
