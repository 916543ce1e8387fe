"""Effects of a model in its file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from divecast import ArtifactError, ByTime, DeepDIVE, Panel, TrainingConfig
from divecast.data import Label
from divecast.inference.model_file import KIND, SCHEMA, read_model
from divecast.persistence.artifact import read_artifact, write_artifact
from effects.told import panel_of
from worlds import SMALL

PANEL: Panel = panel_of(weeks=8)
START, STOP = "2024-02-20 00:00", "2024-02-21 00:00"  # the table tells all that is forecast


@pytest.fixture(scope="module")
def model() -> DeepDIVE:
    factors, training = ["hour", Label("promotion")], TrainingConfig(epochs=1, batch_size=256)
    made = DeepDIVE(6, 24, factors, covariates=["temperature"], model=SMALL, training=training)
    return made.fit(PANEL, ByTime(3, 1, 1), progress=False)


def test_a_loaded_model_forecasts_alike_to_the_last_bit(model: DeepDIVE, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    again = DeepDIVE.load(tmp_path / "m")
    own, found = model.fitted_model.effects, again.fitted_model.effects
    assert found.basis == own.basis
    for name in ("weight", "own_weight", "spread", "root", "noise"):
        np.testing.assert_array_equal(getattr(found, name), getattr(own, name))
    np.testing.assert_array_equal(found.design.expected, own.design.expected)
    one, other = (each.forecast(PANEL, start=START, stop=STOP) for each in (model, again))
    np.testing.assert_array_equal(one.mean, other.mean)
    np.testing.assert_array_equal(one.quantiles, other.quantiles)


def damaged_term(name: str, value: Any, kind: str) -> Any:
    def change(groups: list[dict[str, Any]]) -> None:
        next(term for group in groups for term in group["terms"] if term["type"] == kind)[name] = value

    return change


DAMAGE = {
    "another kind of term": damaged_term("type", "Nonsense", "Classes"),
    "no such factor": damaged_term("factor", 7, "Classes"),
    "a factor before the first": damaged_term("factor", -1, "Classes"),
    "other classes": damaged_term("frequencies", [0.5, 0.5], "Classes"),
    "no such covariate": damaged_term("covariate", 1, "Number"),
    "no spread": damaged_term("spread", 0.0, "Number"),
    "fewer means": damaged_term("means", [0.0], "Number"),
    "parts that do not divide the day": damaged_term("n_parts", 7, "DayPart"),
    "no terms": lambda groups: groups[0].update(terms=[]),
    "a field too few": lambda groups: groups[0].pop("name"),
    "a group too few": lambda groups: groups.pop(),
    "a group twice": lambda groups: groups.append(groups[-1]),
    "another order": lambda groups: groups.reverse(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_groups_are_refused(damage: str, model: DeepDIVE, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    artifact = read_artifact(tmp_path / "m", KIND, SCHEMA)
    DAMAGE[damage](artifact.document["basis"])
    write_artifact(tmp_path / "m", artifact)
    with pytest.raises(ArtifactError, match="not a valid divecast model"):
        read_model(tmp_path / "m", torch.device("cpu"))


@pytest.mark.parametrize("lost", ["expected", "weight", "own_weight", "spread", "root", "noise"])
def test_weights_that_are_lost_or_of_another_shape_are_refused(lost: str, model: DeepDIVE, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    artifact = read_artifact(tmp_path / "m", KIND, SCHEMA)
    name = f"effects.{lost}"
    without = {each: tensor for each, tensor in artifact.tensors.items() if each != name}
    longer = torch.cat([artifact.tensors[name], torch.zeros(1, *artifact.tensors[name].shape[1:])])
    for tensors in (without, {**artifact.tensors, name: longer}):
        write_artifact(tmp_path / "m", replace(artifact, tensors=tensors))
        with pytest.raises(ArtifactError):
            read_model(tmp_path / "m", torch.device("cpu"))


def test_a_model_without_effects_has_none_in_its_file(tmp_path: Path) -> None:
    training = TrainingConfig(epochs=1, batch_size=256)
    plain = DeepDIVE(6, 24, ["hour"], model=replace(SMALL, effects=False), training=training)
    plain.fit(PANEL, ByTime(3, 1, 1), progress=False).save(tmp_path / "m")
    artifact = read_artifact(tmp_path / "m", KIND, SCHEMA)
    assert artifact.document["basis"] is None
    assert not [name for name in artifact.tensors if name.startswith("effects.")]
    assert DeepDIVE.load(tmp_path / "m").fitted_model.effects is None


def test_a_file_of_an_older_version_says_that_it_is_one(model: DeepDIVE, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    artifact = read_artifact(tmp_path / "m", KIND, SCHEMA)
    write_artifact(tmp_path / "m", replace(artifact, schema=SCHEMA - 1))
    with pytest.raises(ArtifactError, match="older version of divecast"):
        DeepDIVE.load(tmp_path / "m")
