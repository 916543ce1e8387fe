"""The verdict of docs/conflict.md, as text derived from the numbers."""

import statistics
import textwrap
from collections.abc import Sequence

from research.conflict.summary import LEAST_LOSS, LEAST_RATE, NAMES, PAIRS, TOGETHER, Runs, Verdict, interval, judge

_ANSWER = {"yes": "free of conflict", "no": "not free of conflict", "not decided": "not decided"}
_CLEAR = 0.1


def verdict_text(cases: Sequence[Runs]) -> str:
    """Return the whole verdict: in one line, arm by arm, and what kind of disagreement it is."""
    found = {runs.case: {arm: judge(runs, arm) for arm in TOGETHER if runs.of(arm)} for runs in cases}
    parts = [wrapped(_summary(found)), ""]
    for runs in cases:
        parts += [f"**{runs.case}**", ""]
        parts += [wrapped(f"- `{arm}`: {_arm(verdict)}") for arm, verdict in found[runs.case].items()]
        parts += ["", wrapped(_kind(runs)), "", wrapped(_freezing(runs)), ""]
    return "\n".join(parts).rstrip()


def wrapped(text: str) -> str:
    """Return a paragraph, or a point of a list, in lines of at most 120 characters."""
    indent = "  " if text.startswith("- ") else ""
    return textwrap.fill(text, 120, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def _summary(found: dict[str, dict[str, Verdict]]) -> str:
    answers = {
        arm: [verdicts[arm].free for verdicts in found.values() if arm in verdicts]
        for arm in TOGETHER
        if any(arm in verdicts for verdicts in found.values())
    }
    free = [f"`{arm}`" for arm, each in answers.items() if {*each} == {"yes"}]
    not_free = [f"`{arm}`" for arm, each in answers.items() if "no" in each]
    open_ = [f"`{arm}`" for arm, each in answers.items() if "no" not in each and "not decided" in each]
    on = " and ".join(f"`{case}`" for case in found)
    parts = [f"Free of conflict by both conditions, on {on}: {_listed(free, 'no arm')}."]
    if not_free:
        parts.append(f"Not free: {_listed(not_free)}.")
    if open_:
        parts.append(f"Not decided: {_listed(open_)}.")
    harmless = [
        f"`{arm}`"
        for arm in answers
        if all(verdicts[arm].losses_hold == "yes" for verdicts in found.values() if arm in verdicts)
    ]
    parts.append(
        f"No loss is worse than when trained alone, whatever the gradients say: {_listed(harmless, 'no arm')}."
    )
    default = answers.get("frozen")
    if default:
        verdict = _ANSWER[default[0]]
        if len({*default}) > 1:
            judged = {case: verdicts["frozen"].free for case, verdicts in found.items() if "frozen" in verdicts}
            verdict = ", ".join(f"{_ANSWER[answer]} on `{case}`" for case, answer in judged.items())
        parts.append(
            f"By this test, the verdict on the claim that the objectives of the default do not conflict is: {verdict}."
        )
    return " ".join(parts)


def _arm(verdict: Verdict) -> str:
    parts = [f"{_ANSWER[verdict.free]}."]
    higher = [pair for pair, each in verdict.above.items() if each.above(LEAST_RATE) == "yes"]
    if verdict.above:
        names = [f"{NAMES[a]} and {NAMES[b]} (by {100 * verdict.above[a, b].mean:.0f} points)" for a, b in higher]
        others = "no pair" if verdict.rate_holds == "yes" else "no pair with certainty"
        parts.append(f"More negative cosines than the null: {_listed(names, others)}.")
    worse = [loss for loss, each in verdict.worse.items() if each.above(LEAST_LOSS) == "yes"]
    names = [f"{loss} (by {verdict.worse[loss].mean:.3f} nats)" for loss in worse]
    parts.append(
        f"Worse than alone: {_listed(names, 'no loss' if verdict.losses_hold == 'yes' else 'none for certain')}."
    )
    better = [loss for loss, each in verdict.worse.items() if each.high is not None and each.high < 0]
    if better:
        names = [f"{loss} (by {-verdict.worse[loss].mean:.3f} nats)" for loss in better]
        parts.append(f"Better than alone: {_listed(names)}.")
    open_ = [
        loss for loss, each in verdict.worse.items() if each.above(LEAST_LOSS) == "not decided" and loss not in better
    ]
    if open_:
        parts.append(f"Not decided: {_listed(open_)}.")
    return " ".join(parts)


def _kind(runs: Runs) -> str:
    """Say whether losses oppose each other or only do not agree, from the median cosines of every arm, unfrozen."""
    kinds: dict[str, list[str]] = {"pull apart": [], "agree": [], "are unrelated": []}
    for pair in PAIRS:
        found = [
            value
            for arm in TOGETHER
            if (value := interval(runs.cells(arm, pair, ("whole", "unfrozen"), "same_median"))) is not None
        ]
        if not found:
            continue
        medians = [each.mean for each in found]
        middle = statistics.median(medians)
        kind = "pull apart" if middle < -_CLEAR else "agree" if middle > _CLEAR else "are unrelated"
        span = f"{min(medians):.2f} to {max(medians):.2f}"
        kinds[kind].append(f"{NAMES[pair[0]]} and {NAMES[pair[1]]} (median cosines {span} by arm)")
    parts = [f"{_listed(names)} {kind}" for kind, names in kinds.items() if names]
    return (
        "Gradients without freezing, on the same windows (a median cosine above "
        f"{_CLEAR} in absolute value counts as clear): {'; '.join(parts)}."
    )


def _freezing(runs: Runs) -> str:
    """Say what freezing hides: cosines it takes away, and harm that steps as trained do all the same."""
    hidden, harm = [], []
    for loss in ("forecast", "reconstruction"):
        pair = loss, "disentanglement"
        rate = runs.above_null("frozen", pair, ("whole", "unfrozen"))
        if rate is not None:
            hidden.append(f"of the {loss} {100 * rate.mean:+.0f} points")
        share = runs.cells("frozen", pair, ("whole", "as trained"), "back_harmful")
        if share:
            harm.append(f"the {loss} in {100 * statistics.fmean(share):.0f} %")
    if not hidden:
        return ""
    return (
        "Freezing removes the cosines with the label loss; unfrozen, they would be negative more often than the null: "
        f"{', '.join(hidden)}. It does not remove every effect: as trained, a small step down the disentanglement "
        f"loss harms {' and '.join(harm)} of the looks."
    )


def _listed(names: Sequence[str], none: str = "none") -> str:
    if not names:
        return none
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
