"""Runs made by hand."""

from research.paper.record import Cost, Measure, Record, Score

_COST = Cost(12.0, 10.0, 3.0, 700.0, 5000, 8)
_NAMES = (
    "own_gap", "informativeness", "sap", "ownership", "leakage_a", "leakage_b", "disentanglement", "completeness",
    "modularity", "ownership_skill", "leakage_a_skill", "leakage_b_skill", "chance",
)  # fmt: skip


def record(arm: str, seed: int, case: str = "eia", rrse: float = 0.5, mig: float = 0.25) -> Record:
    """A run with one step and one factor whose every score is ``rrse``; baselines with the full model."""
    scores = {step: Score(rrse, 0.75) for step in ("24", "all")}
    ways = {"full": ["infer", "known", "per-channel ridge", "last value"], "given": ["known"]}.get(
        arm, ["infer", "known"]
    )
    none = dict.fromkeys(_NAMES, Measure(0.5, {"hour": 0.5}))
    return Record(
        case=case,
        arm=arm,
        seed=seed,
        about=f"hours of a week; held out: {seed}",
        forecast=dict.fromkeys(ways, scores),
        reconstruction={"original": Score(rrse, 0.75), "scaled": Score(rrse, 0.75)},
        accuracy={"window": {"hour": 0.875}} if arm == "full" else {},
        measures={"mig": Measure(mig, {"hour": mig}), **none},
        conditional_kl=(1.5, 0.5),
        active_units=1,
        n_windows=10,
        cost=_COST,
        asked={},
        versions={"divecast": "0.1.0", "torch": "2.13.0", "python": "3.11", "code": "0123456789ab"},
    )
