"""What the measurements of a code mean in plain words, and what to do about what is not fine.

Every threshold is our choice, but for that of active units; each is named where it is used.
"""

from collections.abc import Iterator

import numpy as np

from divecast.explain.diagnosis.diagnosis import Finding, LabelReading, Measurements
from divecast.explain.diagnosis.ownership import Reading
from divecast.explain.diagnosis.separation import MERGED
from divecast.explain.diagnosis.usage import COLLAPSED, DUPLICATED, Duplicate, Usage
from divecast.inference.fitted_model import FittedModel

GOOD_SKILL = 0.5
"""Skill from which a factor counts as read: half of the way from guessing to all right."""

FAR_OFF = 2.0
"""Nats a dimension by which a block's KL may exceed what naming a class takes: two are two standard deviations."""

LEAST_LEAK = 0.2
"""Skill below which what another part of the code tells of a factor is let pass."""

_SHOWN = 3  # pairs named in a finding


def findings_of(fitted: FittedModel, measured: Measurements) -> tuple[Finding, ...]:
    """Say what is fine and what is not."""
    return (
        _conditional(fitted, measured),
        *_blocks(fitted, measured),
        _duplicates(fitted, measured.dimensions),
        *_classes(fitted, measured),
        *(_label(fitted, label, measured.part) for label in measured.labels),
        *_readings(fitted, measured),
        *_forecast(fitted),
    )


def _conditional(fitted: FittedModel, measured: Measurements) -> Finding:
    d = measured.dimensions
    kl, used = d.kl[d.unlabelled], (d.active & ~d.collapsed)[d.unlabelled]
    if not len(kl):
        return Finding("a", "fine", "a: the code has no unlabelled dimensions (n_conditional=0).")
    carried = f"{kl.sum():.3g} nats a window"
    if not used.any():
        return Finding(
            "a",
            "look",
            f"a: none of its {len(kl)} dimensions tells anything of the window ({carried}): it has collapsed.",
            f"lower LossConfig.conditional_kl ({_loss(fitted, 'conditional_kl')} in this fit), to 0.1 say, or raise "
            "LossConfig.reconstruction; where forecasts are all that is wanted, CodeConfig(n_conditional=0) will do.",
        )
    spare = "" if used.all() else f" The others are spare: n_conditional={used.sum()} would hold as much."
    return Finding("a", "fine", f"a: {used.sum()} of {len(kl)} dimensions are in use and carry {carried}.{spare}")


def _blocks(fitted: FittedModel, measured: Measurements) -> Iterator[Finding]:
    if not fitted.network.n_factors:
        yield Finding("blocks", "fine", "b: the model has no factors in its code, so nothing of it is labelled.")
        return
    if not measured.block_kl:
        yield Finding("blocks", "unknown", "b: this model is given its labels and infers none (CodeConfig.labels).")
        return
    d = measured.dimensions
    moving = {owner for owner, active in zip(d.owners, d.active, strict=True) if active}
    real = any(owner is not None for owner in d.owners)  # else b is the class itself and has no dimensions
    moving |= {label.factor for label in measured.labels if label.skill >= GOOD_SKILL}  # a block may be narrow
    silent = [n for n, kl in measured.block_kl.items() if kl < COLLAPSED or (real and n not in moving)]
    told = ", ".join(f"{name} {kl:.2g}" for name, kl in measured.block_kl.items())
    if silent:
        text = f"b: what is inferred of {', '.join(silent)} does not depend on the window (nats: {told})."
        yield Finding("blocks", "look", text, _mend_reading(fitted))
        return
    stray = [name for name, excess in _excess(fitted, measured).items() if excess > FAR_OFF]
    if stray:
        yield Finding(
            "blocks",
            "look",
            f"b: many windows lie far from every class of {', '.join(stray)} (nats: {told}), so that the class "
            "probabilities read there tend to be too sure.",
            f"raise LossConfig.marginal_kl ({_loss(fitted, 'marginal_kl')} in this fit), to 3 say; where the training "
            'part is fine (part="train"), these windows are unlike those of the fit: fit anew with them.',
        )
    else:
        yield Finding("blocks", "fine", f"b: every factor's block tells of the window (nats: {told}).")


def _excess(fitted: FittedModel, measured: Measurements) -> dict[str, float]:
    """Return by how many nats a dimension each block's KL exceeds what naming the rarest class takes."""
    dims = {name: measured.dimensions.owners.count(name) for name in measured.block_kl}
    rarest = {v.name: -np.log(min(v.frequencies)) for v in fitted.vocabularies}
    return {name: (kl - rarest[name]) / dims[name] for name, kl in measured.block_kl.items() if dims[name]}


def _duplicates(fitted: FittedModel, dimensions: Usage) -> Finding:
    owner = dict(zip(dimensions.names, dimensions.owners, strict=True))
    # dimensions of one block may well go together: their classes lie where they do
    alike = [p for p in dimensions.duplicates if owner[p.first] is None or owner[p.first] != owner[p.second]]
    if not alike:
        return Finding("duplicates", "fine", f"No two parts of the code say the same (correlation above {DUPLICATED}).")
    named = ", ".join(f"{p.first} and {p.second} ({p.correlation:+.2f})" for p in alike[:_SHOWN])
    more = f", and {len(alike) - _SHOWN} more" if len(alike) > _SHOWN else ""
    advice = list(dict.fromkeys(_mend_duplicate(fitted, owner, pair) for pair in alike))
    return Finding("duplicates", "look", f"Dimensions that say the same: {named}{more}.", " ".join(advice))


def _mend_duplicate(fitted: FittedModel, owner: dict[str, str | None], pair: Duplicate) -> str:
    labelled = [factor for factor in (owner[pair.first], owner[pair.second]) if factor is not None]
    if not labelled:
        return (
            f"For a: lower CodeConfig.n_conditional ({fitted.network.n_conditional}), or raise "
            f"LossConfig.conditional_tc ({_loss(fitted, 'conditional_tc')}) to 1 or more."
        )
    if len(labelled) == 1:
        return (
            f"a repeats {labelled[0]}: lower CodeConfig.n_conditional, or raise LossConfig.conditional_kl "
            f"({_loss(fitted, 'conditional_kl')})."
        )
    return f'{" and ".join(labelled)} go together: take CodeConfig(prior="pairs"), or leave one of them out.'


def _classes(fitted: FittedModel, measured: Measurements) -> Iterator[Finding]:
    merged = sorted((pair for s in measured.separations for pair in s.merged), key=lambda pair: pair.distance)
    nearest = [s.pairs()[0] for s in measured.separations if len(s.classes) > 1]
    named = ", ".join(
        f"{p.factor} {p.first} and {p.second} ({p.distance:.2g} sd)" for p in (merged or nearest)[:_SHOWN]
    )
    if merged:
        more = f", and {len(merged) - _SHOWN} more" if len(merged) > _SHOWN else ""
        room = ', take CodeConfig(block="kind")' if fitted.config.code.block == "line" else ""
        yield Finding(
            "classes",
            "look",
            f"Classes that share a place in the prior (centres less than {MERGED:g} sd apart): {named}{more}.",
            f"raise LossConfig.cross_entropy ({_loss(fitted, 'cross_entropy')} in this fit){room}; classes that "
            "windows cannot tell apart are better joined in the data.",
        )
    elif nearest:
        yield Finding("classes", "fine", f"All classes have a place of their own; the nearest: {named}.")


def _label(fitted: FittedModel, label: LabelReading, part: str) -> Finding:
    if np.isnan(label.skill):
        what = "no labels of it" if not label.n_labelled else "one class of it only"
        return Finding("labels", "unknown", f"{label.factor}: how well it is read is unknown; the data have {what}.")
    seen = {"train": " These windows were learned from.", "all": " Windows of the fit may be among them."}.get(part, "")
    text = (
        f"{label.factor} is read right in {label.accuracy:.1%} of {label.n_labelled} labelled windows (guessing the "
        f"commonest class: {label.chance:.1%}).{seen}"
    )
    if label.skill >= GOOD_SKILL:
        return Finding("labels", "fine", text)
    return Finding("labels", "look", text, _mend_reading(fitted))


def _readings(fitted: FittedModel, measured: Measurements) -> Iterator[Finding]:
    readings = measured.readings
    if readings.left_out:
        yield Finding("ownership", "unknown", f"Ownership and leakage not measured: {readings.left_out}.")
    if not readings.own:
        return
    weak = [r for r in readings.own if not r.skill.value >= GOOD_SKILL]
    told = _named(readings.own)
    if weak:
        text = f"Factors hardly found in their own block by a forest: {_named(weak)} (skill; 1 is all right)."
        yield Finding("ownership", "look", text, _mend_reading(fitted))
    else:
        yield Finding("ownership", "fine", f"Each factor is found in its own block: {told} (skill of a forest).")
    own = {r.factor: r.skill.value for r in readings.own}
    leaks = [r for r in readings.from_a if _leaks(r, own)]
    crossed = [r for r in readings.crossed if _leaks(r, own)]
    if leaks:
        given = "" if fitted.config.code.given_b else "set CodeConfig(given_b=True), "
        yield Finding(
            "leakage",
            "look",
            f"a also tells {_named(leaks)} (skill of a forest): a what-if may leave that behind.",
            f"{given}lower CodeConfig.n_conditional ({fitted.config.code.n_conditional}); raising "
            f"LossConfig.conditional_kl ({_loss(fitted, 'conditional_kl')} in this fit) alone helps little. Where only "
            "forecasts matter, it does no harm.",
        )
    if crossed:
        yield Finding(
            "leakage",
            "look",
            f"Blocks that tell another factor beyond what the labels share: {_named(crossed, sources=True)} (skill).",
            f"raise LossConfig.marginal_kl ({_loss(fitted, 'marginal_kl')} in this fit), to 3 say, so that a block "
            "keeps less beside its class; it may cost some of how well labels are read.",
        )
    if not leaks and not crossed:
        yield Finding("leakage", "fine", "No factor is told by a or by another's block half as well as by its own.")


def _forecast(fitted: FittedModel) -> Iterator[Finding]:
    share = fitted.provenance.correction
    if share is not None and share < COLLAPSED:
        yield Finding(
            "forecast",
            "fine",
            "Forecasts are those of the linear map alone, since the validation part bore out nothing beyond it: a does "
            "not reach them, and factors do by their classes only.",
        )


def _leaks(reading: Reading, own: dict[str, float]) -> bool:
    least = max(LEAST_LEAK, np.nan_to_num(reading.by_label) + LEAST_LEAK * (reading.source != "a"))
    return bool(reading.skill.value > max(least, 0.5 * own[reading.factor]))


def _named(readings: tuple[Reading, ...] | list[Reading], sources: bool = False) -> str:
    return ", ".join(f"{r.factor}{f' from {r.source}' if sources else ''} {r.skill.value:.2f}" for r in readings)


def _mend_reading(fitted: FittedModel) -> str:
    training = fitted.provenance.plan.training
    return (
        f"raise LossConfig.cross_entropy ({_loss(fitted, 'cross_entropy')} in this fit) or TrainingConfig.epochs "
        f"({training.epochs}), or take a longer lookback ({fitted.shape.lookback}); where labels are "
        "few, CodeConfig(borrow=True); if windows cannot tell it, leave the factor out."
    )


def _loss(fitted: FittedModel, name: str) -> str:
    return f"{getattr(fitted.provenance.plan.losses, name):g}"
