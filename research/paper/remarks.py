"""What the tables of a case do not show by themselves: each takes its runs and returns a sentence, or nothing."""

from collections.abc import Sequence

from research.common import number, spread
from research.paper.asked import FULL
from research.paper.cells import p_value, signed
from research.paper.paper import BY_LINE, HEADLINE
from research.paper.record import Record
from research.paper.run import BASELINES
from research.paper.summary import QUANTITIES, compare, forecast_rrse, is_handed, values_of

HANDED = " †"
"""Beside a number that is with labels known though its column is not."""

NO_FULL = "No `full` run, so no comparison and no figures."
_NEAR_MEAN = 0.9  # of RRSE, where the mean of the test part has 1


def no_full(records: Sequence[Record]) -> str:
    """Say that there is nothing to compare with."""
    return "" if any(record.arm == FULL for record in records) else NO_FULL


def scored(records: Sequence[Record]) -> str:
    """Say which windows the scores are of."""
    every = next((record.asked["every"] for record in records if "every" in record.asked), None)
    counts = sorted({record.n_windows for record in records})
    windows = f"{counts[0]:,} windows" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,} windows, by seed"
    origins = "" if every is None else f"Scored at {_every(every)} origin of the test part. "
    return f"{origins}Reconstruction, labels and measures are of {windows}."


def handed(records: Sequence[Record]) -> str:
    """Say what the mark stands for."""
    arms = list(dict.fromkeys(f"`{record.arm}`" for record in records if is_handed(record)))
    if not arms:
        return ""
    return (
        f"{HANDED.strip()} {' and '.join(arms)} with labels known, since it infers none; the other arms infer them, "
        "so it has an advantage there. Forecasts are compared with labels known in both."
    )


def against_ridge(records: Sequence[Record]) -> str:
    """Say how the full model forecasts beside the ridge, over the seeds."""
    ridge, found = values_of(records, FULL, forecast_rrse(BASELINES[0])), []
    for way, words in {"known": "with labels known", "infer": "with labels inferred"}.items():
        each = compare(values_of(records, FULL, forecast_rrse(way)), ridge)
        if each is not None:
            p = f", p {p_value(each.p)}" if each.p is not None else ""
            found.append(f"{signed(each.difference)} {words} (lower on {each.n_lower} of {each.n} seeds{p})")
    if not found:
        return ""
    step = f" at step {HEADLINE[records[0].case]}" if records[0].case in HEADLINE else ""
    return (
        f"Forecast RRSE of `{FULL}`{step} minus that of the {BASELINES[0]}, which knows the labels: "
        f"{'; '.join(found)}; p not corrected."
    )


def near_mean(records: Sequence[Record]) -> str:
    """Say which columns tell the arms little apart, for even the full model is hardly better than the mean."""
    found = []
    for quantity in QUANTITIES.values():
        own = spread([*values_of(records, FULL, quantity.read).values()])
        if quantity.lower_is_better and own is not None and own.mean > _NEAR_MEAN:
            found.append(f"{quantity.title} ({number(own.mean)})")
    if not found:
        return ""
    return (
        f"`{FULL}` is close to the mean of the data, whose RRSE is 1, in {' and '.join(found)}: differences between "
        "arms there are small relative to what is to be explained, whatever their p."
    )


def blocks(records: Sequence[Record]) -> str:
    """Say whom MIG favours."""
    line = "is among the expectations" if any(r.arm == BY_LINE.better for r in records) else "has no runs here"
    return (
        "MIG treats a block of b of any width as one unit, and each dimension of a as one: by construction this "
        "favours "
        f"arms with blocks over `a`, `vae` and similar arms. `{BY_LINE.better}`, with one dimension per factor as in "
        f"the "
        f"paper, does not have this advantage; it {line}."
    )


def _every(n: int) -> str:
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return "every" if n == 1 else f"every {n}{ending}"
