"""Print docs/measures.md's tables: what the measures say of codes of which the truth is known, by number of windows.

python -m research.measures.run
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from divecast.metrics.latents import (
    FactorLabels,
    MeasureConfig,
    Sample,
    Units,
    disentanglement,
    entropy,
    gaps,
    information_draws,
    mutual_information,
)

WINDOWS = (100, 300, 1000, 3000)
OVERLAPS = (1, 24, 168)
CLASSES = {"hour": 24, "month": 12, "weekday": 7}
REPEATS = 10
ONCE = MeasureConfig(n_boot=0)
BINS = MeasureConfig(n_boot=0, estimator="bins")


def main() -> None:
    print(f"### An independent code ({REPEATS} codes; truth 0)\n")
    _table(
        _independent,
        "MI, hour and a0",
        "MI, hour and block",
        "MI by bins",
        "MIG",
        "MIG by bins",
        "SAP",
        "D",
        "C",
        "leakage skill",
    )
    print(f"\n### A perfect code ({REPEATS} codes; truth 1)\n")
    _table(_perfect, "MIG", "MIG by bins", "SAP", "D", "C", "modularity", "weighted modularity", "ownership skill")
    print("\n### Spread of I/H over 400 samples, and the bootstrap spread (mean of 40) over it\n")
    _table(_spread, "sd, independent", "bootstrap / sd", "sd, dependent", "bootstrap / sd", repeats=1)
    print("\n### A year of hourly windows that overlap, an independent code (3 codes; truth 0)\n")
    heads = "I/H, hour", "I/H, month", "MIG, hour", "MIG, month", "month leakage skill, gap 0", "gap = overlap"
    _table(_overlapping, *heads, first="overlap", rows=OVERLAPS, repeats=3)


def _table(
    row: Callable[[int, np.random.Generator], list[float]],
    *heads: str,
    first: str = "windows",
    rows: tuple[int, ...] = WINDOWS,
    repeats: int = REPEATS,
) -> None:
    print(f"| {first} | " + " | ".join(heads) + " |\n" + "|---:" * (len(heads) + 1) + "|")
    for n in rows:
        means = np.mean([row(n, np.random.default_rng([n, repeat])) for repeat in range(repeats)], axis=0)
        print(f"| {n} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |", flush=True)


def _labels(n: int, rng: np.random.Generator) -> FactorLabels:
    classes = tuple(tuple(map(str, range(count))) for count in CLASSES.values())
    return FactorLabels(tuple(CLASSES), classes, np.stack([rng.integers(0, k, n) for k in CLASSES.values()], axis=1))


def _independent(n: int, rng: np.random.Generator) -> list[float]:
    labels, a = _labels(n, rng), rng.normal(size=(n, 16))
    block = rng.normal(size=(n, 6))
    found = disentanglement(Units.of_code(a, {"hour": block}), labels, ONCE)
    hour = labels.values[:, 0]
    informations = [mutual_information(*pair) for pair in ((a[:, :1], hour), (block, hour), (a[:, :1], hour, BINS))]
    measures = [found.sap, found.disentanglement, found.completeness, found.leakage_a_skill]
    return [*informations, found.mig.value, _mig_by_bins(a, labels), *(measure.value for measure in measures)]


def _perfect(n: int, rng: np.random.Generator) -> list[float]:
    labels, a = _labels(n, rng), rng.normal(size=(n, 16))
    b = labels.values + 0.1 * rng.normal(size=labels.values.shape)
    found = disentanglement(Units.of_code(a, {name: b[:, [i]] for i, name in enumerate(CLASSES)}), labels, ONCE)
    measures = [found.sap, found.disentanglement, found.completeness, found.modularity, found.weighted_modularity]
    bins = _mig_by_bins(np.concatenate([a, b], axis=1), labels)
    return [found.mig.value, bins, *(measure.value for measure in measures), found.ownership_skill.value]


def _mig_by_bins(columns: np.ndarray, labels: FactorLabels) -> float:
    sample = Sample.of(Units.of_code(columns, {}), labels, None, BINS)
    return float(gaps(*information_draws(sample)).mean())


def _spread(n: int, rng: np.random.Generator) -> list[float]:
    found = []
    for noise in (1e6, 2.0):
        estimates, spreads = [], []
        for at in range(400):
            label = rng.integers(0, 12, n)
            values = (label + noise * rng.normal(size=n))[:, None]
            estimates.append(mutual_information(values, label) / entropy(label))
            if at < 40:
                spreads.append(_bootstrap_sd(values, label))
        found += [float(np.std(estimates)), float(np.mean(spreads) / np.std(estimates))]
    return found


def _bootstrap_sd(values: np.ndarray, label: np.ndarray) -> float:
    labels = FactorLabels(("month",), (tuple(map(str, range(12))),), label[:, None])
    information, entropies = information_draws(Sample.of(Units.of_code(values, {}), labels, None, MeasureConfig()))
    return float((information[1:, 0, 0] / entropies[1:, 0]).std())


def _overlapping(overlap: int, rng: np.random.Generator) -> list[float]:
    n = 8760
    sums = np.cumsum(rng.normal(size=(n + overlap, 8)), axis=0)
    units = Units.of_code(sums[overlap:] - sums[:-overlap], {})
    values = np.stack([np.arange(n) % 24, np.arange(n) * 12 // n], axis=1)
    classes = tuple(tuple(map(str, range(count))) for count in (24, 12))
    labels = FactorLabels(("hour", "month"), classes, values)
    found = disentanglement(units, labels, ONCE)
    strict = disentanglement(units, labels, replace(ONCE, gap=overlap))
    shares = found.information.mean(axis=0) / np.log([24, 12])
    leaks = [measured.leakage_a_skill.parts["month"].value for measured in (found, strict)]
    return [*shares, *(found.mig.parts[factor].value for factor in labels.factors), *leaks]


if __name__ == "__main__":
    main()
