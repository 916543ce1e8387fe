"""The arms of the experiment with few labels."""

from dataclasses import replace
from typing import Any

from research.paper.cases import Settings

# As many passes for every arm as the longest needs; the best by validation is kept. The classifier stops early.
PASSES = {"eia": 12, "motion": 15}

ARMS: dict[str, dict[str, Any] | None] = {
    "model": {"borrow": True, "unlabelled_rise": 1.0},
    "at-once": {"borrow": True},
    "tenth-unlabelled": {"borrow": True, "unlabelled_kl": 0.1},
    "no-unlabelled": {"borrow": True, "unlabelled_kl": 0.0},
    "no-borrowing": {},
    "plain": {"labelled": 0.0},
    "classifier": None,
    "components": None,
}
"""What each changes of the case's settings, the KL of missing labels counting in full from the first step where it does
not say otherwise; None is a rival of another kind."""

CURVES = ("model", "classifier", "components")
"""The arms that are run at every share, labels missing by window at random."""

SETTINGS = ("at-once", "tenth-unlabelled", "no-unlabelled", "no-borrowing", "plain")
"""The arms that are run with few labels only, missing by window at random."""

EVERYWHERE = ("model", "classifier")
"""The arms that are run at every share however labels are missing."""


def settings_of(arm: str, case: str, settings: Settings) -> Settings | None:
    """Return the settings of the fit, None for a rival of another kind."""
    changes = ARMS[arm]
    if changes is None:
        return None
    usual = settings.training.n_epochs
    passes = max(PASSES[case], usual) if usual > 2 else usual
    code = replace(settings.model.code, borrow=changes.get("borrow", False))
    training = replace(settings.training, epochs=passes, patience=passes, labelled=changes.get("labelled", 0.5))
    rise = changes.get("unlabelled_rise", 0.0)
    losses = replace(settings.losses, unlabelled_kl=changes.get("unlabelled_kl", 1.0), unlabelled_rise=rise)
    return Settings(replace(settings.model, code=code), training, losses)
