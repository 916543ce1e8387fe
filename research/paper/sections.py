"""The sections on one case: each takes its runs and returns Markdown, empty where there is nothing to say."""

from collections.abc import Iterable, Sequence

from research.common import Spread, mean_sd, number, spread, table
from research.paper.arms import ABLATIONS, ARMS
from research.paper.cells import folded, p_value, percent, signed, whole
from research.paper.paper import BY_LINE, BY_STEP, EXPECTATIONS, HEADLINE, PAPER, Expectation
from research.paper.record import Record
from research.paper.remarks import HANDED
from research.paper.run import BASELINES
from research.paper.summary import (
    LEAST_T,
    QUANTITIES,
    Comparison,
    Decision,
    Read,
    compare,
    decide,
    forecast_rrse,
    holm,
    is_handed,
    measure,
    values_of,
)

_FULL = next(iter(ARMS))
_TESTED = ("reconstruction", "forecast", "known", "mig")
_PRINTED = ("reconstruction", "forecast", "mig")  # by the paper
_THROUGH_LABELS = ("reconstruction", "scaled")  # scored with labels known where the arm infers none
_MEASURES = {
    "mig": "MIG",
    "own_gap": "own gap",
    "disentanglement": "DCI: D",
    "completeness": "C",
    "informativeness": "I",
    "sap": "SAP",
    "modularity": "modularity",
    "ownership_skill": "ownership",
    "leakage_a_skill": "leakage, a",
    "leakage_b_skill": "leakage, b",
}


def main(records: Sequence[Record]) -> str:
    """Return reconstruction, forecast and MIG of every arm, with the paper's numbers where it has them.

    Baselines are below, in the column of forecasts with known labels, which the ridge uses as well.
    """
    case, paper = records[0].case, PAPER.get(records[0].case, {})
    titles = {name: quantity.title for name, quantity in QUANTITIES.items()}
    if case in HEADLINE:
        titles |= {name: f"{titles[name]}, step {HEADLINE[case]}" for name in ("forecast", "known")}
    header = ["arm", "runs"]
    for name, title in titles.items():
        header += [title, *(["paper"] if paper and name in _PRINTED else [])]
    rows = []
    for arm in _arms(records):
        row = [f"`{arm}`", str(sum(record.arm == arm for record in records))]
        for name, quantity in QUANTITIES.items():
            row.append(mean_sd(_spread(records, arm, quantity.read)) + _mark(records, arm, name))
            if paper and name in _PRINTED:
                row.append(number(getattr(paper[arm], name)) if arm in paper else "")
        rows.append(row)
    for name in BASELINES:
        found = _spread(records, _FULL, forecast_rrse(name))
        if found is not None:
            cells = [mean_sd(found) if title == titles["known"] else "" for title in header[2:]]
            rows.append([name, str(found.n), *cells])
    return table(header, rows)


def against_full(records: Sequence[Record], others: Iterable[str]) -> str:
    """Return every other arm less the full model, seed by seed."""
    arms = [arm for arm in _arms(records) if arm in others and arm != _FULL]
    found = {name: [_compared(records, arm, name) for arm in arms] for name in _TESTED}
    if not any(each for column in found.values() for each in column):
        return ""
    corrected = {name: holm([None if each is None else each.p for each in column]) for name, column in found.items()}
    header = ["arm less `full`"]
    for name in _TESTED:
        header += [QUANTITIES[name].title, "full ahead", "p", "Wilcoxon"]
    rows = []
    for at, arm in enumerate(arms):
        row = [f"`{arm}`"]
        for name in _TESTED:
            row += _cells(name, found[name][at], corrected[name][at], _mark(records, arm, name))
        rows.append(row)
    few = [each.n for column in found.values() for each in column if each and each.n < LEAST_T]
    note = f"With fewer than {LEAST_T} seeds there is no test, only the difference.\n\n" if few else ""
    return f"Each arm less the full model, on the same seeds:\n\n{note}{table(header, rows)}"


def expectations(records: Sequence[Record]) -> str:
    """Return what the paper's tables say of every data set, and whether it holds here."""
    by_line = (BY_LINE,) if any(record.arm == BY_LINE.better for record in records) else ()
    wanted = (*EXPECTATIONS, *by_line)
    decisions = decide(records, wanted)
    lines = [_expectation(*each) for each in zip(wanted, decisions, strict=True)]
    n_tests = sum(decision.p is not None for decision in decisions)
    corrected = f" (p corrected over {n_tests} tests)" if n_tests > 1 else ""
    return f"The expectations of the paper on our runs{corrected}:\n\n" + "\n".join(lines)


def steps(records: Sequence[Record]) -> str:
    """Return RRSE and CORR by step, of every arm and way of labels, and of the baselines."""
    shown = list(next(iter(records[0].forecast.values())))
    parts = []
    for name in ("rrse", "corr"):
        rows = []
        for title, of in _forecasters(records):
            cells = [mean_sd(spread(_scores(of, mode, step, name))) for mode in [title[1]] for step in shown]
            rows.append([title[0], *cells])
        if name == "rrse":
            others = BY_STEP.get(records[0].case, {})
            rows += [
                [f"{who}, the paper's table", *map(number, row), *[""] * (len(shown) - 4)]
                for who, row in others.items()
            ]
        header = ["forecaster", *(f"step {step}" if step != "all" else "all" for step in shown)]
        parts.append(folded(f"Forecast {name.upper()} by step", table(header, rows)))
    return "\n\n".join(parts)


def labels(records: Sequence[Record]) -> str:
    """Return how often labels are read right from the window alone, by arm."""
    inferring = [record for record in records if record.accuracy]
    if not inferring:
        return ""
    columns = [(by, factor) for by, shares in inferring[0].accuracy.items() for factor in shares]
    rows = [
        [f"`{arm}`", *(percent(_spread(inferring, arm, _accuracy(*column))) for column in columns)]
        for arm in _arms(inferring)
    ]
    header = ["arm", *(f"{factor}, by {by}" for by, factor in columns)]
    return f"Accuracy of labels inferred from the data alone, percent:\n\n{table(header, rows)}"


def measures(records: Sequence[Record]) -> str:
    """Return the measures of disentanglement, by arm."""
    rows = [
        [f"`{arm}`", *(mean_sd(_spread(records, arm, measure(name))) for name in _MEASURES)] for arm in _arms(records)
    ]
    return (
        "Measures of disentanglement (docs/measures.md); ownership and leakage are skill on held-out windows: 0 "
        f"is the share of the most common class, 1 is perfect:\n\n{table(['arm', *_MEASURES.values()], rows)}"
    )


def factors(records: Sequence[Record]) -> str:
    """Return MIG and what is read of each factor, and from where, by arm."""
    names = list(records[0].measures["mig"].parts)
    shown = {"mig": "MIG", "ownership": "from its own block", "leakage_a": "from a"}
    header = ["arm", *(f"{factor}: {title}" for factor in names for title in shown.values())]
    rows = [
        [f"`{arm}`", *(mean_sd(_spread(records, arm, measure(kind, factor))) for factor in names for kind in shown)]
        for arm in _arms(records)
    ]
    by_seed = list({record.seed: record for record in records}.values())  # all arms of a seed have the same windows
    chance = [mean_sd(spread(_known(measure("chance", factor), by_seed))) for factor in names]
    guess = ["share of the most common class", *(cell for share in chance for cell in ("", share, share))]
    return folded("MIG, and accuracy of a probe, by factor", table(header, [*rows, guess]))


def costs(records: Sequence[Record]) -> str:
    """Return time, memory and size, by arm."""
    columns: dict[str, Read] = {
        "seconds of the fit": lambda record: record.cost.fit_seconds,
        "on the processor": lambda record: record.cost.fit_cpu_seconds,
        "of scoring": lambda record: record.cost.score_seconds,
        "peak MiB": lambda record: record.cost.peak_mib,
        "weights": lambda record: float(record.cost.weights),
        "passes": lambda record: float(record.cost.epochs),
        "dims of a": lambda record: float(len(record.conditional_kl)),
        "active": lambda record: float(record.active_units),
        "KL of a, nats": lambda record: sum(record.conditional_kl),
    }
    rows = [[f"`{arm}`", *(whole(_spread(records, arm, read)) for read in columns.values())] for arm in _arms(records)]
    text = (
        "Mean cost of a run; one thread each, memory with libraries and data; a dimension is active (Burda et al. 2016)"
    )
    return folded(
        "Time, memory and size", f"{text} if its mean varies by more than .01:\n\n{table(['arm', *columns], rows)}"
    )


def _arms(records: Sequence[Record]) -> list[str]:
    present = {record.arm for record in records}
    return [arm for arm in (*ARMS, *ABLATIONS) if arm in present]


def _spread(records: Sequence[Record], arm: str, read: Read) -> Spread | None:
    return spread([*values_of(records, arm, read).values()])


def _known(read: Read, records: Sequence[Record]) -> list[float]:
    return [value for value in map(read, records) if value is not None]


def _compared(records: Sequence[Record], arm: str, name: str) -> Comparison | None:
    read = QUANTITIES[name].read
    return compare(values_of(records, arm, read), values_of(records, _FULL, read))


def _mark(records: Sequence[Record], arm: str, name: str) -> str:
    """Mark a number that is with labels known though its column is not."""
    handed = any(is_handed(record) for record in records if record.arm == arm)
    return HANDED if handed and name in _THROUGH_LABELS else ""


def _cells(name: str, found: Comparison | None, p: float | None, mark: str) -> list[str]:
    if found is None:
        return [""] * 4
    if found.n_lower == found.n_higher == 0:
        return ["equal" + mark, "", "", ""]
    ahead = found.n_higher if QUANTITIES[name].lower_is_better else found.n_lower
    return [signed(found.difference) + mark, f"{ahead} of {found.n}", p_value(p), p_value(found.p_wilcoxon)]


def _expectation(expectation: Expectation, decision: Decision) -> str:
    quantity = QUANTITIES[expectation.quantity]
    sign = "<" if quantity.lower_is_better else ">"
    claim = f"- {quantity.title}: `{expectation.better}` {sign} `{expectation.worse}`: **{decision.verdict}**"
    found = decision.comparison
    if found is None:
        return f"{claim} (no runs of both)."
    p = f", p {p_value(decision.p)}" if decision.p is not None else ""
    agree = found.n_lower if quantity.lower_is_better else found.n_higher
    return f"{claim} ({signed(found.difference)}, on {agree} of {found.n} seeds{p})."


def _forecasters(records: Sequence[Record]) -> list[tuple[tuple[str, str], list[Record]]]:
    """Return ((title, key of the scores), runs) of every line of the table of steps."""
    titles = {"infer": "inferred", "known": "known"}
    found = []
    for arm in _arms(records):
        runs = [record for record in records if record.arm == arm]
        found += [((f"`{arm}`, labels {titles[m]}", m), runs) for m in titles if m in runs[0].forecast]
    full = [record for record in records if BASELINES[0] in record.forecast]
    return [*found, *(((name, name), full) for name in BASELINES if full)]


def _scores(records: Sequence[Record], key: str, step: str, name: str) -> list[float]:
    scores = [record.forecast[key][step] for record in records]
    return [value for score in scores if (value := getattr(score, name)) is not None]


def _accuracy(by: str, factor: str) -> Read:
    return lambda record: record.accuracy.get(by, {}).get(factor)
