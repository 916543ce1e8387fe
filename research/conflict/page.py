"""Write docs/conflict.md and its figures from research/conflict/results.jsonl; no number there is typed by hand.

python -m research.conflict.page [LINES] [FOLDER]
"""

import inspect
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import research.conflict.figures as figures
from research.common import mean_sd, read_lines, spread, table
from research.conflict.arms import ARMS, GRID, best_weights, tuning_error
from research.conflict.summary import (
    LEAST_LOSS,
    LEAST_RATE,
    LOSSES,
    NAMES,
    PAIRS,
    TOGETHER,
    Interval,
    Line,
    Runs,
    accuracy,
    read_runs,
)
from research.conflict.words import verdict_text, wrapped
from research.model_versions import write_page

HERE = Path(__file__).parent
LINES = HERE / "results.jsonl"
DOCS = HERE.parents[1] / "docs"
MODULES = ("marginal.encoder", "marginal.prior", "conditional", "fusion", "whole")

INTRO = f"""# Do the objectives conflict?

Written by `python -m research.conflict.page` from `research/conflict/results.jsonl`, including the verdict; every line
there is one run of `python -m research.conflict.run`. The paper calls its objectives non-conflicting because they are
derived from one bound. This does not follow: two terms of one sum may need opposite changes of a shared weight.
Therefore it is measured. An arm counts as free of conflict if **both** conditions hold:

1. the cosine between the gradients of two losses is not negative more often than noise alone makes it (the *null*: the
   same loss on two halves of a batch; the pair is also compared across the halves, so that both have the same noise);
2. no loss on the test part is worse than when it is trained alone, from the same seed, with the same network, passes
   and batches.

Freezing a module removes its cosines and so meets half of the first condition trivially; therefore the second is
needed.

The first is a strict test: *unrelated* gradients, which neither help nor harm each other, are negative half of the time
and fail it. The median cosine and the *corrected* one, with the noise removed (Spearman 1904), show whether losses
oppose each other or are merely unrelated. Both are given.

Differences are means over the seeds with 95 % t intervals, paired by seed. A difference counts as above 0 if its whole
interval lies above 0; *no worse* requires that the interval ends below {LEAST_LOSS} nats (the cost of errors 1 %
wider), *no higher* below {100 * LEAST_RATE:.0f} percentage points; everything else is not decided. Intervals are not
corrected for the number of comparisons: about one true equality in forty will be called worse.

## What was run
"""

METHOD = """
The probe (`divecast.train.conflict.probe`; any fit can use it: `model.fit(..., probe=ConflictProbe(every=20))`)
measures the gradients of forecast, reconstruction (with the KL of a) and disentanglement at every {every}th batch,
each with the default weights, whatever the arm minimises. The fit is the same bit for bit with and without it. Here
one look every
{every} batches takes {share:.0f} % on top of the time of the fit; every 20, its default, {half:.0f} %. Steps have 1e-4
of the norm of the weights that they change.

The weights of the sum were tuned on the validation part with seed {seed}, which is used for nothing else: forecast and
labels times {grid}, the reconstruction at 1; the lowest geometric mean of forecast RRSE, reconstruction RRSE and label
cross-entropy decides, which is equivalent to the mean log ratio to the losses trained alone.{chosen}{fold}

All arms have the same passes and batches and keep the weights of the last pass, since the pass at which one loss is
best favours that loss. Losses trained alone use the whole network: the forecast alone shapes q(b|x) freely. Each of
them is trained with the way of passing labels that suits it, since comparing with a weakened rival proves nothing: one
trained with known labels never learns to infer them and forecasts badly without them, so there is one for each way. An
arm trained on all losses serves both ways with one model (`clamp` 0.5), and part of its loss may be due to that.
`labels-alone` alternates steps as the two players do; its q(b|x) is, bit for bit, the one of `frozen`, which therefore
cannot be worse there.
"""


def page(lines: Sequence[Line]) -> str:
    """Return the whole page."""
    cases = read_runs(lines)
    arms = "\n".join(f"- `{name}`: {inspect.getdoc(arm)}" for name, arm in ARMS.items())
    parts = [
        INTRO,
        arms,
        "",
        _method(lines, cases),
        "\n## Verdict\n",
        verdict_text(cases),
        "\n## Figures\n",
        _pictures(),
    ]
    for runs in cases:
        parts += [f"\n## {runs.case}\n", f"{runs.lines[0]['about']}. {_counts(runs)}\n", _scores(runs)]
        parts += ["\n", _differences(runs), "\n", _rates(runs), "\n", _modules(runs)]
    return "\n".join(parts) + "\n"


def _method(lines: Sequence[Line], cases: Sequence[Runs]) -> str:
    probed = [line for runs in cases for line in runs.lines]
    share, every = statistics.fmean(line["probe_share"] for line in probed), probed[0]["every"]
    chosen = "".join(_chosen(lines, runs.case) for runs in cases)
    numbers = sorted({weights.forecast for weights in GRID})
    fold = (
        " For `motion` the seed also chooses the people held out; the people used to choose the weights are test "
        "people of another seed."
        if any(runs.case == "motion" for runs in cases) else ""
    )  # fmt: skip
    text = METHOD.format(
        every=every, share=100 * share, half=100 * share * every / 20, seed=100,
        grid=", ".join(f"{number:g}" for number in numbers), chosen=chosen, fold=fold,
    )  # fmt: skip
    return "\n\n".join(wrapped(paragraph) for paragraph in text.strip().split("\n\n"))


def _chosen(lines: Sequence[Line], case: str) -> str:
    tried = [line for line in lines if line["case"] == case and line["arm"].startswith("tune-") and not line["quick"]]
    if not tried:
        return ""
    weights = best_weights(tried, case, quick=False)
    errors = {line["arm"]: tuning_error(line["scores"]) for line in tried}
    return (
        f" On `{case}` that is forecast {weights.forecast:g}, labels {weights.labels:g} (mean error "
        f"{errors[weights.name]:.3f}; {errors['tune-1-1']:.3f} at 1 and 1, {max(errors.values()):.3f} at the worst)."
    )


def _counts(runs: Runs) -> str:
    seeds = {arm: len(runs.of(arm)) for arm in ARMS}
    steps = sorted({line["steps"] for line in runs.lines})
    number = (
        f"{min(seeds.values())}" if len({*seeds.values()}) == 1 else f"{min(seeds.values())} to {max(seeds.values())}"
    )
    looks = sorted({line["looks"] for line in runs.lines})
    return f"{number} seeds per arm, {_span(steps)} batches per run, {_span(looks)} looks in each."


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def _scores(runs: Runs) -> str:
    """Return losses and errors of each arm, mean and standard deviation."""
    columns: dict[str, tuple[str, Callable[[Line], float]]] = {
        **{f"{name}, nats": (name, loss.of) for name, loss in LOSSES.items()},
        "RRSE (labels inferred)": ("forecast (labels read)", lambda line: line["scores"]["forecast_infer"]["rrse"]),
        "RRSE (labels known)": ("forecast (labels known)", lambda line: line["scores"]["forecast_known"]["rrse"]),
        "reconstruction RRSE, scaled": ("reconstruction", lambda line: line["scores"]["reconstruction"]["rrse_scaled"]),
        "label accuracy": ("labels", accuracy),
        "core seconds": ("", lambda line: line["core_seconds"] / (1.0 + line["probe_share"])),
    }
    rows = []
    for arm in ARMS:
        shown = [
            mean_sd(spread(runs.values(arm, measure))) if arm in TOGETHER or loss in _own(arm) else ""
            for loss, measure in columns.values()
        ]
        rows.append([f"`{arm}`", *shown])
    title = "Test part, mean and standard deviation over the seeds; an arm trained alone has its own task only."
    return f"{title}\n\n{table(['arm', *columns], rows)}"


def _own(arm: str) -> set[str]:
    return {"", *(name for name, loss in LOSSES.items() if loss.alone == arm)}


def _differences(runs: Runs) -> str:
    """Return how each loss differs from that trained alone."""
    rows = [[f"`{arm}`", *(_shown(runs.against_alone(arm, loss), LEAST_LOSS) for loss in LOSSES)] for arm in TOGETHER]
    head = ["arm", *(f"{name} less `{loss.alone}`" for name, loss in LOSSES.items())]
    title = "Loss less the loss trained alone, nats, and whether it is **worse**, no worse, or not decided (?)."
    return f"{title}\n\n{table(head, rows)}"


def _rates(runs: Runs) -> str:
    """Return cosines of each arm over all that both losses move, as trained."""
    rows = [_cosine_row(runs, arm, pair, ("whole", "as trained"), f"`{arm}`") for arm in TOGETHER for pair in PAIRS]
    title = (
        "Gradients as trained, over all weights that both losses change. Steps: how a small step down one loss changes "
        "the other, relative to a step down that loss itself (1 cancels it, -1 is as good), and how often it harms."
    )
    return f"{title}\n\n{table(['arm', *_COSINE_HEAD], [row for row in rows if row])}"


def _modules(runs: Runs) -> str:
    """Return cosines module by module as they would be without freezing, for the default and the sum."""
    tables = []
    for arm in ("frozen", "sum"):
        found = [_cosine_row(runs, arm, pair, (module, "unfrozen"), module) for module in MODULES for pair in PAIRS]
        tables.append(f"`{arm}`, unfrozen:\n\n{table(['module', *_COSINE_HEAD], [row for row in found if row])}")
    return "<details><summary>Module by module</summary>\n\n" + "\n\n".join(tables) + "\n\n</details>"


_COSINE_HEAD = (
    "losses", "negative, %", "null, %", "above the null, points", "median, one half", "corrected", "similarity",
    "step forth", "harms, %", "step back", "harms, %",
)  # fmt: skip


def _cosine_row(runs: Runs, arm: str, pair: tuple[str, str], place: tuple[str, str], name: str) -> list[str] | None:
    def mean(column: str, digits: int = 2, factor: float = 1.0) -> str:
        found = runs.cells(arm, pair, place, column)
        return f"{factor * statistics.fmean(found):.{digits}f}" if found else ""

    above = runs.above_null(arm, pair, place)
    if not (above or runs.cells(arm, pair, place, "forth_harmful")):
        return None
    points = _shown(above, LEAST_RATE, factor=100.0, digits=0)
    return [
        name, f"{NAMES[pair[0]]}, {NAMES[pair[1]]}",
        mean("across_negative", 0, 100), mean("null_negative", 0, 100), points,
        mean("same_median"), mean("corrected"), mean("similarity"),
        mean("forth_change"), mean("forth_harmful", 0, 100), mean("back_change"), mean("back_harmful", 0, 100),
    ]  # fmt: skip


def _pictures() -> str:
    return (
        "![Share of negative cosines](figures/conflict_rates.png)\n\n"
        "Negative cosines across the halves of a batch, by module; dots are means over the seeds, lines from minimum "
        "to "
        "maximum.\n\n"
        "![Losses less those trained alone](figures/conflict_losses.png)\n\n"
        "Losses on the test part less those trained alone, with 95 % intervals."
    )


def _shown(found: Interval | None, margin: float, factor: float = 1.0, digits: int = 3) -> str:
    if found is None:
        return ""
    text = f"{factor * found.mean:+.{digits}f}"
    if found.low is not None and found.high is not None:
        text += f" ({factor * found.low:+.{digits}f} to {factor * found.high:+.{digits}f})"
    mark = {"yes": f"**{text}**", "no": text, "not decided": f"{text} ?"}
    return mark[found.above(margin)]


def main() -> None:
    """Write page and figures."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else LINES
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else DOCS
    lines = read_lines(source)
    cases = read_runs(lines)
    if not cases:
        sys.exit(f"{source} has only runs with --quick, which are not enough for a verdict")
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for name, draw in (("rates", figures.rates), ("losses", figures.losses)):
        draw(cases).savefig(folder / "figures" / f"conflict_{name}.png")
    write_page(folder / "conflict.md", page(lines), lines)
    print(folder / "conflict.md")


if __name__ == "__main__":
    main()
