"""Which model the figures of a page are of."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

CHANGES = {
    1: "before versions were counted",
    2: 'the forecaster reads b alone, no longer half of a (`CodeConfig(forecaster="b")`; docs/known.md has both)',
    3: "labels of recordings are read from the level of each channel, too (docs/reading.md)",
}
"""What changed the figures of a fit with all settings at their defaults, by more than its seed does."""

OF_RECORDINGS = frozenset({3})
"""Changes that leave fits of panels as they were."""

MODEL = max(CHANGES)
DEFAULTS = "61b8a12dfcc5"
"""Hash of the default settings of this version; see ``hash_of_defaults``."""


def hash_of_defaults() -> str:
    """Return a hash of the default settings, which a new version goes with."""
    from divecast.config import LossConfig, ModelConfig, TrainingConfig

    defaults = [asdict(each()) for each in (ModelConfig, TrainingConfig, LossConfig)]
    return hashlib.sha256(json.dumps(defaults, sort_keys=True).encode()).hexdigest()[:12]


def of_model(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence on the model that lines of results are of: today's, or a banner."""
    return of_versions([(line.get("versions", {}), is_of_recordings(line)) for line in lines])


def is_of_recordings(line: Mapping[str, Any]) -> bool:
    """Return whether a line is of a fit to recordings: people are held out in folds, or its case says so."""
    return line.get("fold") is not None or line.get("case", line.get("track")) in ("motion", "gait", "gait-people")


def of_versions(runs: Sequence[tuple[Mapping[str, str], bool]]) -> str:
    """Return the same of the versions of runs, and of whether each is of recordings."""
    since = [
        {
            change
            for change in CHANGES
            if change > int(each.get("model", 1)) and (recordings or change not in OF_RECORDINGS)
        }
        for each, recordings in runs
    ]
    n_older = sum(map(bool, since))
    if not n_older:
        return f"Figures are of model {MODEL}, today's."
    changes = "; ".join(CHANGES[change] for change in sorted(set().union(*since)))
    return (
        f"**Older than today's model:** {n_older} of the {len(runs)} runs behind this page were made before model "
        f"{MODEL}, which is today's. Since then: {changes}."
    )


def write_page(path: Path, text: str, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write a page, with the model that its lines are of after the paragraph below its title."""
    title, first, rest = text.split("\n\n", 2)
    path.write_text("\n\n".join([title, first, of_model(lines), rest]), encoding="utf-8")
