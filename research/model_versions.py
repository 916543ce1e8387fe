"""Which model the figures of a page are of."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

CHANGES = {
    1: "before versions were counted",
    2: 'the forecaster reads b alone, no longer half of a (`CodeConfig(forecaster="b")`; docs/forecast_arms.md)',
}
"""What changed the figures of a fit with all settings at their defaults, by more than its seed does."""

MODEL = max(CHANGES)
DEFAULTS = "ef7360d9a8ed"
"""Hash of the default settings of this version; see ``hash_of_defaults``."""


def hash_of_defaults() -> str:
    """Return a hash of the default settings, which a new version goes with."""
    from divecast.config import LossConfig, ModelConfig, TrainingConfig

    defaults = [asdict(each()) for each in (ModelConfig, TrainingConfig, LossConfig)]
    return hashlib.sha256(json.dumps(defaults, sort_keys=True).encode()).hexdigest()[:12]


def of_model(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence on the model that lines of results are of: today's, or a banner."""
    return of_versions([line.get("versions", {}) for line in lines])


def of_versions(versions: Sequence[Mapping[str, str]]) -> str:
    """Return the same of the versions of runs."""
    found = [int(each.get("model", 1)) for each in versions]
    older = [version for version in found if version < MODEL]
    if not older:
        return f"Figures are of model {MODEL}, today's."
    changes = "; ".join(CHANGES[version] for version in range(min(older) + 1, MODEL + 1))
    return (
        f"**Older than today's model:** {len(older)} of the {len(found)} runs behind this page were made before model "
        f"{MODEL}, which is today's. Since then: {changes}."
    )


def write_page(path: Path, text: str, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write a page, with the model that its lines are of after the paragraph below its title."""
    title, first, rest = text.split("\n\n", 2)
    path.write_text("\n\n".join([title, first, of_model(lines), rest]), encoding="utf-8")
