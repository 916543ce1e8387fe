"""Findings: what the measurements of a code mean in words, and which setting to change for each problem.

Every threshold is our choice, except that of active units; each is named where it is defined.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from divecast._text import plural
from divecast.explain.diagnosis.diagnosis import Finding, LabelAccuracy, Measurements, RareClasses
from divecast.explain.diagnosis.ownership import ProbeResult
from divecast.explain.diagnosis.separation import MERGED
from divecast.explain.diagnosis.usage import COLLAPSED, DUPLICATED, Duplicate, Usage
from divecast.inference.fitted_model import FittedModel

GOOD_SKILL = 0.5
"""Skill from which a factor counts as readable: half-way from chance to all correct."""

FAR_OFF = 2.0
"""Nats per dimension by which a block's KL may exceed that of naming a class: 2 nats are two standard deviations."""

LEAST_LEAK = 0.2
"""Skill below which reading a factor from another part of the code is not reported."""

_SHOWN = 3  # pairs named in a finding


def findings_of(fitted: FittedModel, measured: Measurements) -> tuple[Finding, ...]:
    """Return the findings on a code, problems and what is fine."""
    return (
        _unlabelled(fitted, measured.dimensions),
        _blocks(fitted, measured),
        _duplicates(fitted, measured.dimensions),
        *_classes(fitted, measured),
        *(_label(fitted, label, measured) for label in measured.labels),
        *_probes(fitted, measured),
        *_forecast(fitted),
    )


def _unlabelled(fitted: FittedModel, dimensions: Usage) -> Finding:
    kl = dimensions.kl[dimensions.unlabelled]
    used = (dimensions.active & ~dimensions.collapsed)[dimensions.unlabelled]
    if not len(kl):
        return Finding("a", "fine", "a: the code has no unlabelled dimensions (n_conditional=0).")
    if not used.any():
        return Finding(
            "a",
            "problem",
            f"a has collapsed: none of its {len(kl)} dimensions depends on the window ({kl.sum():.3g} nats).",
            f"Lower LossConfig.conditional_kl (now {_loss(fitted, 'conditional_kl')}), for example to 0.1, or raise "
            "LossConfig.reconstruction. If only forecasts are needed, set CodeConfig.n_conditional to 0.",
        )
    unused = "" if used.all() else f" The others are unused: n_conditional={used.sum()} would carry as much."
    text = f"a: {used.sum()} of {len(kl)} dimensions are in use and carry {kl.sum():.3g} nats per window.{unused}"
    return Finding("a", "fine", text)


def _blocks(fitted: FittedModel, measured: Measurements) -> Finding:
    if not fitted.network.n_factors:
        return Finding("blocks", "fine", "b: the model has no factors in its code.")
    if not measured.block_kl:
        return Finding("blocks", "unknown", "b: this model reads given labels and infers none (CodeConfig.labels).")
    kl = ", ".join(f"{name} {value:.2g}" for name, value in measured.block_kl.items())
    rare = {each.factor for each in measured.rare}
    unread = _silent_factors(measured)
    silent = [name for name in unread if name not in rare]
    if silent:
        text = f"b: what is inferred of {', '.join(silent)} does not depend on the window (KL in nats: {kl})."
        return Finding("blocks", "problem", text, _advice_for_labels(fitted))
    distant = [name for name, excess in _excess(fitted, measured).items() if excess > FAR_OFF]
    if distant:
        return Finding(
            "blocks",
            "problem",
            f"b: many windows are far from every class of {', '.join(distant)} (KL in nats: {kl}), so their class "
            "probabilities tend to be overconfident.",
            f"Raise LossConfig.marginal_kl (now {_loss(fitted, 'marginal_kl')}), for example to 3. If the training "
            'part has no such problem (part="train"), these windows differ from those of the fit: refit with them.',
        )
    apart = f", apart from {', '.join(unread)}, whose other classes are rare" if unread else ""
    text = f"b: the block of every factor depends on the window{apart} (KL in nats: {kl})."
    return Finding("blocks", "fine", text)


def _silent_factors(measured: Measurements) -> list[str]:
    """Return the factors whose inferred block or class does not depend on the window."""
    d = measured.dimensions
    informative = {owner for owner, active in zip(d.owners, d.active, strict=True) if active}
    # A block may be narrow and its labels still be read from it.
    informative |= {label.factor for label in measured.labels if label.skill >= GOOD_SKILL}
    has_dimensions = any(owner is not None for owner in d.owners)  # otherwise b is the class itself
    return [
        name for name, kl in measured.block_kl.items() if kl < COLLAPSED or (has_dimensions and name not in informative)
    ]


def _excess(fitted: FittedModel, measured: Measurements) -> dict[str, float]:
    """Return by how many nats per dimension each block's KL exceeds that of naming the rarest class."""
    n_dims = {name: measured.dimensions.owners.count(name) for name in measured.block_kl}
    rarest = {vocabulary.name: -np.log(min(vocabulary.frequencies)) for vocabulary in fitted.vocabularies}
    return {name: (kl - rarest[name]) / n_dims[name] for name, kl in measured.block_kl.items() if n_dims[name]}


def _duplicates(fitted: FittedModel, dimensions: Usage) -> Finding:
    owner = dict(zip(dimensions.names, dimensions.owners, strict=True))
    # Dimensions of one block may correlate: this follows from where their classes lie.
    pairs = [p for p in dimensions.duplicates if owner[p.first] is None or owner[p.first] != owner[p.second]]
    if not pairs:
        text = f"No two parts of the code carry the same information (correlation above {DUPLICATED})."
        return Finding("duplicates", "fine", text)
    named = ", ".join(f"{p.first} and {p.second} ({p.correlation:+.2f})" for p in pairs[:_SHOWN])
    advice = dict.fromkeys(_advice_for_duplicate(fitted, owner, pair) for pair in pairs)
    text = f"Dimensions that carry the same information (correlation): {named}{_more(pairs)}."
    return Finding("duplicates", "problem", text, " ".join(advice))


def _advice_for_duplicate(fitted: FittedModel, owner: dict[str, str | None], pair: Duplicate) -> str:
    factors = [factor for factor in (owner[pair.first], owner[pair.second]) if factor is not None]
    if not factors:
        return (
            f"For a, lower CodeConfig.n_conditional (now {fitted.network.n_conditional}), or raise "
            f"LossConfig.conditional_tc (now {_loss(fitted, 'conditional_tc')}) to 1 or more."
        )
    if len(factors) == 1:
        return (
            f"a repeats {factors[0]}: lower CodeConfig.n_conditional, or raise LossConfig.conditional_kl "
            f"(now {_loss(fitted, 'conditional_kl')})."
        )
    return f'{" and ".join(factors)} are correlated: set CodeConfig.prior to "pairs", or leave one of them out.'


def _classes(fitted: FittedModel, measured: Measurements) -> Iterator[Finding]:
    merged = sorted((pair for s in measured.separations for pair in s.merged), key=lambda pair: pair.distance)
    nearest = [s.pairs()[0] for s in measured.separations if len(s.classes) > 1]
    pairs = merged or nearest
    named = ", ".join(f"{p.factor} {p.first} and {p.second} ({p.distance:.2g} sd)" for p in pairs[:_SHOWN])
    if merged:
        block = ' and set CodeConfig.block to "kind"' if fitted.config.code.block == "line" else ""
        yield Finding(
            "classes",
            "problem",
            f"Classes with nearly equal centres in the prior (less than {MERGED:g} sd apart): {named}{_more(merged)}.",
            f"Raise LossConfig.cross_entropy (now {_loss(fitted, 'cross_entropy')}){block}. Merge classes in the data "
            "if they cannot be told apart from a window.",
        )
    elif nearest:
        yield Finding("classes", "fine", f"All classes are separated in the prior; the nearest are {named}.")


def _label(fitted: FittedModel, label: LabelAccuracy, measured: Measurements) -> Finding:
    if np.isnan(label.skill):
        reason = "no labels of it" if not label.n_labelled else "only one class of it"
        return Finding("labels", "unknown", f"{label.factor}: accuracy is unknown, as the data have {reason}.")
    notes = {"train": " The model was trained on these windows.", "all": " Training windows may be among them."}
    text = (
        f"{label.factor} is inferred correctly in {label.accuracy:.1%} of "
        f"{plural(label.n_labelled, 'labelled window')} (guessing the most frequent class: "
        f"{label.chance:.1%}).{notes.get(measured.part, '')}"
    )
    if label.skill >= GOOD_SKILL:
        return Finding("labels", "fine", text)
    if rare := next((each for each in measured.rare if each.factor == label.factor), None):
        return Finding("labels", "unknown", f"{text} {_rarity(rare)}")
    return Finding("labels", "problem", text, _advice_for_labels(fitted))


def _rarity(rare: RareClasses) -> str:
    """Say how little there is of a factor's other classes."""
    found = plural(rare.n_rows, "row") if rare.n_days is None else plural(rare.n_days, "day")
    return (
        f"Another class than {rare.usual!r} occurs on {found} of the data: few to learn it from, so that this says "
        "little of the factor. What is known of it in advance acts on forecasts all the same."
    )


def _probes(fitted: FittedModel, measured: Measurements) -> Iterator[Finding]:
    probes = measured.probes
    if probes.left_out:
        yield Finding("ownership", "unknown", f"Ownership and leakage were not measured: {probes.left_out}.")
    if not probes.own:
        return
    rare = {each.factor for each in measured.rare}
    own = [probe for probe in probes.own if probe.skill.value >= GOOD_SKILL or probe.factor not in rare]
    weak = [probe for probe in own if not probe.skill.value >= GOOD_SKILL]
    if weak:
        text = f"Factors that can hardly be read from their own block: {_named(weak)} (skill; 1 is all correct)."
        yield Finding("ownership", "problem", text, _advice_for_labels(fitted))
    elif own:
        text = f"Each factor can be read from its own block: {_named(own)} (skill; 1 is all correct)."
        yield Finding("ownership", "fine", text)
    own_skill = {probe.factor: probe.skill.value for probe in probes.own}
    from_a = [probe for probe in probes.from_a if _leaks(probe, own_skill)]
    crossed = [probe for probe in probes.crossed if _leaks(probe, own_skill)]
    if from_a:
        given_b = "" if fitted.config.code.given_b else "Set CodeConfig.given_b to True. "
        yield Finding(
            "leakage",
            "problem",
            f"Factors can also be read from a: {_named(from_a)} (skill). A what-if may not change this part.",
            f"{given_b}Lower CodeConfig.n_conditional (now {fitted.config.code.n_conditional}); raising "
            f"LossConfig.conditional_kl (now {_loss(fitted, 'conditional_kl')}) alone has little effect. If only "
            "forecasts matter, nothing needs to be done.",
        )
    if crossed:
        yield Finding(
            "leakage",
            "problem",
            "Blocks from which another factor can be read, beyond what the labels have in common: "
            f"{_named(crossed, sources=True)} (skill).",
            f"Raise LossConfig.marginal_kl (now {_loss(fitted, 'marginal_kl')}), for example to 3, so that a block "
            "carries less beside its class; labels may then be inferred less accurately.",
        )
    if not from_a and not crossed:
        text = "No factor can be read from a or from another's block half as well as from its own."
        yield Finding("leakage", "fine", text)


def _forecast(fitted: FittedModel) -> Iterator[Finding]:
    share = fitted.provenance.correction
    if share is not None and share < COLLAPSED:
        yield Finding(
            "forecast",
            "fine",
            "Forecasts are those of the linear model alone, as the network did not improve on it in the validation "
            "part: they do not depend on a, and on factors only through their classes.",
        )


def _leaks(probe: ProbeResult, own_skill: dict[str, float]) -> bool:
    least = max(LEAST_LEAK, np.nan_to_num(probe.by_label) + LEAST_LEAK * (probe.source != "a"))
    return bool(probe.skill.value > max(least, 0.5 * own_skill[probe.factor]))


def _named(probes: Sequence[ProbeResult], sources: bool = False) -> str:
    return ", ".join(f"{p.factor}{f' from {p.source}' if sources else ''} {p.skill.value:.2f}" for p in probes)


def _more(pairs: Sequence[object]) -> str:
    return f", and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""


def _advice_for_labels(fitted: FittedModel) -> str:
    code = fitted.config.code
    may_borrow = code.labels == "blocks" and not code.borrow and code.n_conditional
    return (
        f"Raise LossConfig.cross_entropy (now {_loss(fitted, 'cross_entropy')}) or TrainingConfig.epochs (now "
        f"{fitted.provenance.plan.training.n_epochs}), or use a longer lookback (now {fitted.shape.lookback}). "
        f"{'With few labels, set CodeConfig.borrow to True. ' if may_borrow else ''}"
        "If windows do not contain the factor, leave it out."
    )


def _loss(fitted: FittedModel, name: str) -> str:
    return f"{getattr(fitted.provenance.plan.losses, name):g}"
