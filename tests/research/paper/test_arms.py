"""What each arm changes in the settings of the full model, and that it changes nothing else."""

import pytest

from research.paper.arms import ABLATIONS, ARMS, QUICK_ARMS
from research.paper.asked import asked_of, differences
from studies.small import hours_case

CASE = hours_case()  # 2 passes, patience 3
CHANGES = {
    "full": [],
    "a": ['model.code.labels: "unused", was "blocks"'],
    "b": ["model.code.n_conditional: 0, was 3"],
    "vae": ['model.code.labels: "merged", was "blocks"'],
    "beta-vae": ['model.code.labels: "merged", was "blocks"', "losses.conditional_kl: 4.0, was 1.0"],
    "beta-tcvae": ['model.code.labels: "merged", was "blocks"', "losses.conditional_tc: 5.0, was 0.0"],
    "given": ['model.code.labels: "given", was "blocks"', "training.clamp: 1.0, was 0.5"],
    "m2": [
        'model.code.labels: "latent", was "blocks"',
        'training.interleave: "joint", was "step"',
        "training.clamp: 1.0, was 0.5",
    ],
    "concatenation": ['model.decoder.fusion: "concatenation", was "attention"'],
    "gating": ['model.decoder.fusion: "gating", was "attention"'],
    "a-without-b": ["model.code.given_b: false, was true"],
    "tc-penalty": ["losses.marginal_tc: 1.0, was 0.0"],
    "pairs": ['model.code.prior: "pairs", was "naive_bayes"'],
    "ce-only": ["losses.marginal_kl: 0.0, was 1.0"],
    "bound": ["losses.cross_entropy: 0.0, was 10.0"],
    "closed-form": ["losses.cross_entropy: 1.0, was 10.0"],
    "by-epoch": [
        "training.epochs: 4, was 2",
        "training.patience: 6, was 3",
        'training.interleave: "epoch", was "step"',
    ],
    "joint": ['training.interleave: "joint", was "step"'],
    "not-frozen": ["training.freeze: false, was true"],
    "line": ['model.code.block: "line", was "kind"'],
    "laplace": ['model.code.component: "laplace", was "normal"'],
    "logistic": ['model.code.component: "logistic", was "normal"'],
}


@pytest.mark.parametrize("arm", [*ARMS, *ABLATIONS])
def test_an_arm_changes_these_settings_and_no_other(arm):
    found = differences(asked_of(CASE, arm, 0), asked_of(CASE, "full", 0))
    assert [each.removeprefix("settings.") for each in found] == CHANGES[arm]


def test_a_quick_table_has_some_of_the_arms():
    assert {*QUICK_ARMS} < {*ARMS}
