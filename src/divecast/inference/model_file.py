"""Fitted models as single files, read strictly since anyone may have written them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from divecast.config import ModelConfig
from divecast.data import Label, Scale, Vocabulary, as_factors
from divecast.data.names import MOST_CHARACTERS, check_unique
from divecast.data.outliers import Limits
from divecast.data.windows.powers import Powers
from divecast.effects import Basis, Design, Effects, groups_from_json, groups_to_json
from divecast.errors import ArtifactError
from divecast.inference.adaptation import Adaptation
from divecast.inference.added_factor import AddedFactor, path_of
from divecast.inference.bounds import Bounds
from divecast.inference.calibration import Calibration
from divecast.inference.counts import Counts
from divecast.inference.dependence import Dependence
from divecast.inference.fitted_model import FittedModel, build_network, dimensions_of, with_effects
from divecast.inference.model_checks import check_buffers, check_model, check_sizes, check_vocabularies
from divecast.inference.own_models import HISTORIES, LONGEST_SEASON, OwnModels
from divecast.inference.provenance import Provenance, read_typed, typed
from divecast.inference.static_facts import StaticFacts
from divecast.model.network import Dimensions
from divecast.model.pairing import Coupling
from divecast.persistence.adapters import adapter_of
from divecast.persistence.artifact import Artifact, read_artifact, under, write_artifact
from divecast.persistence.strict import as_artifact_error, as_json, check_like, check_texts, check_understood
from divecast.structural import MODELS, Averaged

SCHEMA = 7
"""2: maps of several families of residuals, and an encoder of a that knows levels apart; 3: spread by phase and level,
and the dependence of errors; 4: counts, powers, departures, and observed values; 5: another encoder of a; 6: labels of
recordings from the level of each channel; 7: and by competing kernels."""

_MOST_STATIC, _MOST_VECTORS, _MOST_PHASES = 100_000, 10_000_000, 1440  # a damaged number must not allocate memory
_MAY_LACK = (
    *("seasonal_error", "scale.center", "scale.spread", "counts.size"),
    *("bounds.low", "bounds.high", "limits.low", "limits.high"),
)
_POWERS = ("scale.power", "scale.offset", "scale.least")
KIND = "model"


def write_model(fitted: FittedModel, path: Path) -> None:
    """Write a model to one file atomically; see :mod:`divecast.persistence.artifact`.

    Raises:
        ArtifactError: the file cannot be written, or the model has more than a file may have.
    """
    tensors = {f"network.{name}": value for name, value in fitted.network.state_dict().items()} | {
        "scale.center": torch.from_numpy(fitted.scale.center),
        "scale.spread": torch.from_numpy(fitted.scale.spread),
        **_power_tensors(fitted.scale.powers),
        "seasonal_error": torch.from_numpy(fitted.seasonal_error),
        "calibration": fitted.calibration.quantiles,
        **({} if fitted.static.kept is None else {"facts": fitted.static.kept}),
        "limits.low": torch.from_numpy(fitted.limits.low),
        "limits.high": torch.from_numpy(fitted.limits.high),
        "counts.zeros": torch.from_numpy(fitted.counts.zeros),
        "counts.size": torch.from_numpy(fitted.counts.size),
        "bounds.low": torch.from_numpy(fitted.bounds.low),
        "bounds.high": torch.from_numpy(fitted.bounds.high),
        "bounds.at_low": torch.from_numpy(fitted.bounds.at_low),
        "dependence.errors": fitted.dependence.errors,
        "dependence.phases": fitted.dependence.phases,
        **({} if fitted.adaptation is None else {"adaptation": torch.from_numpy(fitted.adaptation.levels)}),
        **_effect_tensors(fitted.effects),
        **_own_tensors(fitted.own),
        **{
            f"added.{number}.{name}": value
            for number, added in enumerate(fitted.added)
            for name, value in added.path.state_dict().items()
        },
    }
    document = document_of(fitted)
    try:
        check_sizes(document)
    except ValueError as error:
        raise ArtifactError(f"The model cannot be saved, since no file may have so much: {error}") from error
    write_artifact(path, Artifact(KIND, SCHEMA, document, tensors))


def read_model(path: Path, device: torch.device) -> FittedModel:
    """Read a file of ``write_model``.

    Raises:
        ArtifactError: the file is missing, truncated, damaged, of another kind, or from a newer or a much older
            divecast.
    """
    artifact = read_artifact(path, KIND, SCHEMA)
    if artifact.schema < SCHEMA:
        raise ArtifactError(
            f"The model in {path} was written by an older version of divecast, whose network was another one",
            hint="Fit the model again",
        )
    with as_artifact_error(path, KIND):
        fitted = _model_of(artifact.document, artifact.tensors)
        check_understood(artifact.document, document_of(fitted))
        check_model(fitted)
    network = fitted.network.to(device)
    return replace(fitted, network=network, added=tuple(added.to(device) for added in fitted.added))


def document_of(fitted: FittedModel) -> dict[str, Any]:
    """Return everything of a model except its tensors, as JSON values."""
    document: dict[str, Any] = as_json(
        {
            "channels": fitted.channels,
            **({"series": fitted.series, "static": fitted.static.to_json()} if fitted.independent else {}),
            "vocabularies": [vocabulary.to_dict() for vocabulary in fitted.known_vocabularies],
            "basis": None if fitted.effects is None else groups_to_json(fitted.effects.basis.groups),
            "pairs": fitted.dimensions.pairs,
            "couplings": [asdict(coupling) for coupling in fitted.dimensions.couplings],
            "powers": fitted.scale.powers is not None,
            "season": fitted.dimensions.season,
            "n_phases": fitted.dimensions.n_phases,
            "n_vectors": len(fitted.dependence.errors),
            "n_static": fitted.dimensions.n_static,
            "levels": fitted.calibration.levels,
            "observed": _observed(fitted.adaptation),
            "frequency": fitted.frequency,
            **({} if fitted.own is None else {"own_season": fitted.own.averaged.season}),
            "provenance": fitted.provenance.to_json(),
            "added": [
                {
                    "factor": typed(added.factor),
                    "vocabulary": added.vocabulary.to_dict(),
                    "n_examples": added.n_examples,
                }
                for added in fitted.added
            ],
        }
    )
    return document


def _model_of(document: dict[str, Any], tensors: dict[str, Tensor]) -> FittedModel:
    check_sizes(document)
    check_texts(document, MOST_CHARACTERS)
    provenance = Provenance.from_json(document["provenance"])
    channels, series = tuple(document["channels"]), tuple(document.get("series", ()))
    vocabularies = tuple(Vocabulary.from_dict(plain) for plain in document["vocabularies"])
    _check_names(channels)
    if series:
        _check_names(series)
    check_vocabularies(as_factors(provenance.plan.factors), vocabularies)
    basis = None if document["basis"] is None else Basis(groups_from_json(document["basis"]))
    if basis is not None:
        basis.check(
            [vocabulary.n_classes for vocabulary in vocabularies],
            len(provenance.plan.covariates),
            len(series or channels),
        )
    dimensions = replace(
        dimensions_of(provenance.plan.shape, len(channels), vocabularies),
        pairs=tuple((int(i), int(j)) for i, j in document["pairs"]),
        couplings=adapter_of(tuple[Coupling, ...]).validate_python(document["couplings"]),
        season=adapter_of(int).validate_python(document["season"]),
        n_static=_number(document["n_static"], 0, _MOST_STATIC),
        n_phases=_number(document["n_phases"], 1, _MOST_PHASES),
    )
    static = StaticFacts.from_json(document.get("static", []))
    if static.width > _MOST_STATIC:
        raise ValueError(f"expected at most {_MOST_STATIC} features of a series, got {static.width}")
    dimensions = with_effects(dimensions, basis, static)
    levels = tuple(map(float, document["levels"]))
    learned = [Vocabulary.from_dict(plain["vocabulary"]) for plain in document["added"]]
    n_facts = static.width if "static" in document else None
    n_vectors = _number(document["n_vectors"], 0, _MOST_VECTORS)
    own_season = _number(document["own_season"], 1, LONGEST_SEASON) if "own_season" in document else None
    has_powers, observed = adapter_of(bool).validate_python(document["powers"]), document["observed"]
    has_own = own_season is not None
    sizes = _Sizes(len(levels), n_vectors, len(series), n_facts, observed is not None, has_own, has_powers)
    _check_tensors(tensors, dimensions, provenance.plan.model, sizes, basis, learned)
    network = build_network(dimensions, provenance.plan.model, seed=0)
    check_buffers(network.state_dict(), tensors, "network.")
    network.load_state_dict(under("network.", tensors))
    added = []
    for number, (plain, vocabulary) in enumerate(zip(document["added"], learned, strict=True)):
        path = path_of(dimensions, provenance.plan.model, vocabulary, network, seed=0)
        check_buffers(path.state_dict(), tensors, f"added.{number}.")
        path.load_state_dict(under(f"added.{number}.", tensors))
        factor = read_typed(plain["factor"], Label)
        added.append(AddedFactor(factor, vocabulary, path.eval(), adapter_of(int).validate_python(plain["n_examples"])))
    return FittedModel(
        network=network.eval(),
        dimensions=dimensions,
        channels=channels,
        known_vocabularies=vocabularies,
        scale=Scale(
            tensors["scale.center"].numpy(),
            tensors["scale.spread"].numpy(),
            powers=Powers(*(tensors[name].numpy() for name in _POWERS)) if has_powers else None,
        ),
        seasonal_error=tensors["seasonal_error"].numpy(),
        calibration=Calibration(levels, tensors["calibration"]),
        limits=Limits(series or channels, tensors["limits.low"].numpy(), tensors["limits.high"].numpy()),
        counts=Counts(tensors["counts.zeros"].numpy(), tensors["counts.size"].numpy()),
        bounds=Bounds(*(tensors[f"bounds.{name}"].numpy() for name in ("low", "high", "at_low"))),
        dependence=Dependence(tensors["dependence.errors"], tensors["dependence.phases"], dimensions.n_phases),
        frequency=str(document["frequency"]),
        provenance=provenance,
        effects=None if basis is None else _effects_of(basis, tensors),
        added=tuple(added),
        series=series,
        static=replace(static, kept=tensors.get("facts")),
        adaptation=None if observed is None else _adaptation_of(observed, tensors["adaptation"]),
        own=None if own_season is None else _own_of(own_season, tensors),
    )


def _observed(adaptation: Adaptation | None) -> dict[str, Any] | None:
    return None if adaptation is None else {"n_rows": adaptation.n_rows, "until": adaptation.until}


def _adaptation_of(observed: dict[str, Any], levels: Tensor) -> Adaptation:
    return Adaptation(levels.numpy(), _number(observed["n_rows"], 0, 2**62), str(np.datetime64(observed["until"], "s")))


class _Sizes(NamedTuple):
    """Numbers of quantile levels, residual vectors, independent series, and their features (None if none are kept).

    And whether values were observed, and whether there are models of each series alone.
    """

    n_levels: int
    n_vectors: int
    n_series: int
    n_facts: int | None
    observed: bool
    has_own: bool
    has_powers: bool


def _number(value: Any, least: int, most: int) -> int:
    number: int = adapter_of(int).validate_python(value)
    if not least <= number <= most:
        raise ValueError(f"expected {least} to {most}, got {number}")
    return number


def _power_tensors(powers: Powers | None) -> dict[str, Tensor]:
    if powers is None:
        return {}
    arrays = (powers.power, powers.offset, powers.least)
    return {name: torch.from_numpy(array) for name, array in zip(_POWERS, arrays, strict=True)}


def _effect_tensors(effects: Effects | None) -> dict[str, Tensor]:
    if effects is None:
        return {}
    arrays = {
        "expected": effects.design.expected,
        "weight": effects.weight,
        "own_weight": effects.own_weight,
        "spread": effects.spread,
        "name_spread": effects.name_spread,
        "root": effects.root,
        "noise": effects.noise,
    }
    return {f"effects.{name}": torch.from_numpy(array) for name, array in arrays.items()}


def _effects_of(basis: Basis, tensors: Mapping[str, Tensor]) -> Effects:
    arrays = {name: tensor.numpy() for name, tensor in under("effects.", tensors).items()}
    return Effects(Design(basis, arrays.pop("expected")), **arrays)


def _own_tensors(own: OwnModels | None) -> dict[str, Tensor]:
    if own is None:
        return {}
    return {"own.weight": torch.from_numpy(own.averaged.weight), "own.share": own.share}


def _own_of(season: int, tensors: Mapping[str, Tensor]) -> OwnModels:
    weight, share = tensors["own.weight"], tensors["own.share"]
    plain = torch.tensor([not model.of_logs for model in MODELS])
    if not bool((weight >= 0.0).all() and (weight[plain] > 0.0).any() and ((share >= 0.0) & (share <= 1.0)).all()):
        raise ValueError("expected weights of models of at least 0, one of the values as they are, and shares up to 1")
    return OwnModels(Averaged(season, weight.numpy()), share)


def _effect_shapes(basis: Basis | None, n_channels: int) -> dict[str, tuple[int, ...]]:
    if basis is None:
        return {}
    calendar, width, own = (
        sum(group.width for group in groups) for groups in (basis.calendar, basis.shared, basis.own)
    )
    return {
        "effects.expected": (calendar, width),
        "effects.weight": (width, n_channels),
        "effects.own_weight": (n_channels, own),
        "effects.spread": (len(basis.groups), n_channels),
        "effects.name_spread": (len(basis.names), n_channels),
        "effects.root": (width - calendar, width - calendar),
        "effects.noise": (n_channels,),
    }


def _check_names(channels: Sequence[str]) -> None:
    if not channels or not all(isinstance(name, str) for name in channels):
        raise ValueError(f"expected names of channels, got {channels!r:.80}")
    check_unique(channels)


def _check_tensors(
    tensors: Mapping[str, Tensor],
    dimensions: Dimensions,
    config: ModelConfig,
    sizes: "_Sizes",
    basis: Basis | None,
    added: Sequence[Vocabulary],
) -> None:
    """Check names, shapes and values against a network on the meta device, before memory is allocated for one.

    Raises:
        ValueError: a name or shape differs, or a value is not finite.
    """
    n_levels, n_vectors, n_series, n_facts, observed, has_own, has_powers = sizes
    none = Adaptation.none(dimensions.horizon, dimensions.n_channels)
    with torch.device("meta"):
        network, n_channels = build_network(dimensions, config, seed=0), dimensions.n_channels
        expected = {f"network.{name}": value for name, value in network.state_dict().items()} | {
            "scale.center": torch.empty((n_series, n_channels) if n_series else n_channels),
            "scale.spread": torch.empty((n_series, n_channels) if n_series else n_channels),
            **{name: torch.empty((n_series, n_channels) if n_series else n_channels) for name in _POWERS if has_powers},
            "seasonal_error": torch.empty(n_series or n_channels, dtype=torch.float64),
            "calibration": torch.empty(n_levels, dimensions.horizon),
            **({} if n_facts is None else {"facts": torch.empty(n_series, n_facts)}),
            **({"adaptation": torch.from_numpy(none.levels)} if observed else {}),
            "limits.low": torch.empty(n_series or n_channels),
            "limits.high": torch.empty(n_series or n_channels),
            "counts.zeros": torch.empty(n_series or n_channels),
            "counts.size": torch.empty(n_series or n_channels),
            "bounds.low": torch.empty(n_channels),
            "bounds.high": torch.empty(n_channels),
            "bounds.at_low": torch.empty(dimensions.n_phases, n_channels, dtype=torch.bool),
            "dependence.errors": torch.empty(n_vectors, dimensions.horizon, n_channels, dtype=torch.float16),
            "dependence.phases": torch.empty(n_vectors, dtype=torch.int64),
            **({"own.weight": torch.empty(len(MODELS), dtype=torch.float64)} if has_own else {}),
            **({"own.share": torch.empty(len(HISTORIES) + 1)} if has_own else {}),
            **{name: torch.empty(shape) for name, shape in _effect_shapes(basis, n_channels).items()},
        }
        for number, vocabulary in enumerate(added):
            path = path_of(dimensions, config, vocabulary, network, seed=0)
            expected |= {f"added.{number}.{name}": value for name, value in path.state_dict().items()}
    check_like(
        tensors,
        expected,
        may_lack_numbers=frozenset(_MAY_LACK),
    )
    zeros, size = tensors["counts.zeros"], tensors["counts.size"]
    if not bool(((zeros >= 0.0) & (zeros < 1.0)).all() and (size.isnan() | (size.isfinite() & (size > 0.0))).all()):
        raise ValueError("expected shares of zeros from 0 to below 1, and sizes of counts above 0")
    if has_powers:
        power, offset, least = (tensors[name] for name in _POWERS)
        if not bool(((power >= 0.0) & (power <= 1.0)).all() and (offset >= 0.0).all() and (least > 0.0).all()):
            raise ValueError("expected powers from 0 to 1, offsets of at least 0, and least values above 0")
    center, spread = tensors["scale.center"], tensors["scale.spread"]
    learned = ~center.isnan()
    scaled = center.isfinite() & spread.isfinite() & (spread > 0)
    if not bool(learned.any() and torch.equal(learned, scaled) and torch.equal(learned, ~spread.isnan())):
        raise ValueError("expected a finite center and a spread above 0, or NaN for both, for every channel")
