"""Update of a fitted model with newer rows, in a fraction of the time of a fit.

All that has a closed form (scales, effects, the linear path) is solved again on all rows that are given. The network
continues from its weights for a few passes over a part of the windows, half of them with rows it was not trained on.

Before, the network as it was forecasts the rows at the end that it was not trained on, with a linear path solved
without them. These forecasts shrink its correction and calibrate the intervals. If such rows are fewer than the
validation part of the split would have, shares and quantiles are averaged with those before, by the number of rows.
"""

import copy
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from divecast.data import ByTime, Panel, Part, Scale, Windows, check_known, fit_scale, past_rows
from divecast.data.labels.vocabulary import LabelIndices
from divecast.data.names import listed
from divecast.data.outliers import Limits
from divecast.effects import Effects, Facts, RowEffects, facts_of, fit_effects
from divecast.errors import DataError, warn_data
from divecast.fit.calibrate import draw_windows, errors_of, seen_of
from divecast.fit.counts import scores_of
from divecast.fit.fit_model import channel_axes, few_labelled, last_time
from divecast.fit.linear_start import Mix, start_linear
from divecast.fit.new_scale import to_new_scale
from divecast.fit.shrink_correction import correction_shares
from divecast.fit.stage import seasonal_error, start_of
from divecast.inference.bounds import Bounds
from divecast.inference.calibration import Calibration
from divecast.inference.fitted_model import FittedModel
from divecast.inference.provenance import UpdateRecord, fingerprint_of
from divecast.model.network import Network
from divecast.train.callbacks import Callback
from divecast.train.loop import Task, fit_network

# Our choices (docs/production.md has what they cost and keep).
_PASSES, _SHARE_OF_STEPS, _LEAST_STEPS, _RATE = 2, 0.06, 4, 0.3


def update_model(fitted: FittedModel, data: Any, callbacks: Sequence[Callback] = ()) -> FittedModel:
    """Return the model updated with newer rows; see ``DeepDIVE.update``. The former one stays as it is.

    Raises:
        DataError: the data cannot be used, or have no newer rows, or none that the model knows.
    """
    fitted.refuse_independent("An update", "Fit the model again on all rows")
    source = past_rows(fitted.source(data))
    if not isinstance(source, Panel):
        raise DataError(
            "A model of recordings cannot be updated: they have no clock, so none of them is newer",
            hint="Fit a model on all recordings",
            argument="data",
        )
    if fitted.provenance.until is None or fitted.provenance.trained_until is None:
        raise DataError(
            "The model does not tell until when its data go: it was written by an earlier version",
            hint="Fit a model on all rows",
        )
    _check_rows(fitted, source)
    _check_series(fitted, source)
    everything = Part(source.offsets[:-1], source.offsets[1:])
    check_known(source, fitted.known_factors, fitted.known_vocabularies, everything)
    if fitted.added:
        names = ", ".join(added.factor.name for added in fitted.added)
        warn_data(f"The network changes, so factors added after the fit are left out: {names}", hint="Add them again")
    if fitted.without_effect:
        warn_data(
            f"{listed(fitted.without_effect)} had no effect in the fit, and an update does not judge that anew",
            hint="Fit a model on all rows, if they vary and are known on most",
        )
    limits = fitted.limits
    if fitted.provenance.plan.training.outliers == "missing":
        limits = Limits.of(source, everything)
    work = _Work.of(fitted, limits.clean(source))
    network, valid = copy.deepcopy(fitted.network), work.held_back
    kept = work.network_in_new_scale(network)
    before = work.part(0, int(valid.start[0]))
    mix, effects = work.solve(network, before, valid, None)
    believed = work.n_unseen / valid.n_rows
    shares, calibration = kept, fitted.calibration
    if work.n_unseen >= fitted.shape.horizon:
        past = replace(fitted, network=network, scale=work.scale, effects=effects, added=())
        shares, calibration = work.judged(past, kept, believed)
    else:
        believed = 0.0
    mix, effects = work.solve(network, work.everything, valid, mix)
    network.forecaster.shares.copy_(shares)
    n_steps = work.train(network, effects, callbacks)
    provenance = fitted.provenance
    until = str(last_time(source))
    record = UpdateRecord(str(provenance.until), until, len(source.values), n_steps, believed)
    return replace(
        fitted,
        network=network.eval(),
        scale=work.scale,
        seasonal_error=seasonal_error(source, work.everything),
        calibration=calibration,
        bounds=Bounds.of(work.source, work.everything, provenance.plan.bounds),
        limits=limits,
        effects=effects,
        added=(),
        adaptation=None,
        provenance=replace(
            provenance,
            fingerprint=fingerprint_of(source),
            linear_start=mix.kind,
            correction=float(shares.mean()) if fitted.config.decoder.shrink else None,
            refit=True,
            until=until,
            trained_until=until,
            n_rows=len(source.values),
            updates=(*provenance.updates, record),
        ),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Work:
    """The rows of an update.

    Attributes:
        fitted: the former model.
        source: all rows.
        scale: of all rows.
        facts: known columns of the rows.
        labels: (row, factor) label indices.
        first_unseen: first row that the network was not trained on.
    """

    fitted: FittedModel
    source: Panel
    scale: Scale
    facts: Facts | None
    labels: LabelIndices
    first_unseen: int

    @classmethod
    def of(cls, fitted: FittedModel, source: Panel) -> "_Work":
        """Scale the rows, and read their labels and covariates."""
        plan = fitted.provenance.plan
        facts = None
        if fitted.effects is not None:
            facts = facts_of(source, plan.factors, fitted.known_vocabularies, plan.covariates, plan.horizon)
        everything = Part(source.offsets[:-1], source.offsets[1:])
        scale = fit_scale(source, everything, among=fitted.scale.learned, powers=fitted.scale.powers)
        first = _row_after(source, str(fitted.provenance.trained_until))
        return cls(fitted, source, scale, facts, fitted.label_indices(source), first)

    @property
    def everything(self) -> Part:
        """All rows."""
        return self.part(0, len(self.source.values))

    @property
    def held_back(self) -> Part:
        """The rows at the end, as many as the split validates on."""
        n, split = len(self.source.values), self.fitted.provenance.split
        assert isinstance(split, ByTime)  # noqa: S101  that of a panel
        share = split.valid / (split.train + split.valid + split.test)
        return self.part(n - max(1, math.floor(n * share)), n)

    @property
    def n_unseen(self) -> int:
        """Rows held back that the network was not trained on."""
        return len(self.source.values) - max(int(self.held_back.start[0]), self.first_unseen)

    def part(self, first: int, last: int) -> Part:
        """Return a range of rows."""
        return Part(np.array([first]), np.array([last]))

    def network_in_new_scale(self, network: Network) -> Tensor:
        """Bring likelihood and recalibration to the scale of the rows, and return the shares of the correction."""
        ratio = np.nan_to_num(self.fitted.scale.spread / self.scale.spread, nan=1.0)  # of series that have no scale
        with torch.no_grad():
            network.forecaster.likelihood.log_scale.add_(torch.from_numpy(ratio).log().to(self.fitted.device))
        to_new_scale(network.forecaster, self.fitted.scale, self.scale)
        return network.forecaster.shares.clone()

    def solve(self, network: Network, train: Part, valid: Part, mix: Mix | None) -> tuple[Mix, Effects | None]:
        """Solve effects and linear path on a part of the rows."""
        plan, effects = self.fitted.provenance.plan, None
        if self.fitted.effects is not None and self.facts is not None:
            effects = fit_effects(self.source, train, self.scale, self.fitted.effects.basis, self.facts)
        start = start_of(network, plan, train)
        in_training = self.windows(train, effects, "fit", start.stride)
        log_scale = network.forecaster.likelihood.log_scale.detach().clone()
        mix = start_linear(
            network.to("cpu"), in_training, self.windows(valid, effects, "score", start.stride), start, mix
        )
        with torch.no_grad():
            network.to(self.fitted.device).forecaster.likelihood.log_scale.copy_(log_scale)
        return mix, effects

    def windows(self, part: Part, effects: Effects | None, role: Any, stride: int) -> Windows:
        """Return the windows of a part."""
        shape = self.fitted.shape
        windows = Windows.of(self.source, part, self.labels, self.scale, shape, role, stride)
        if effects is None or self.facts is None:
            return windows
        return replace(windows, effects=RowEffects(effects, self.facts, shape, keep=True))

    def judged(self, past: FittedModel, kept: Tensor, believed: float) -> tuple[Tensor, Calibration]:
        """Return shares and quantiles by the forecasts of unseen rows, averaged with those before.

        Args:
            past: the network as it was, with a linear path that does not know the rows.
            kept: shares before.
            believed: weight of the unseen rows.
        """
        plan, n = past.provenance.plan, len(self.source.values)
        stride = plan.training.stride
        unseen = self.windows(self.part(n - self.n_unseen, n), past.effects, "score", stride)
        drawn, shares = draw_windows(unseen, plan.seed), past.network.forecaster.shares
        if plan.model.decoder.shrink:
            shares.fill_(1.0)
            found = correction_shares(past, drawn, len(unseen) * stride / plan.horizon)
            shares.copy_(torch.lerp(kept, found.to(kept), believed))
        errors = errors_of(past, drawn)
        seen = seen_of(past, drawn, errors, errors.values / errors.scale)
        found_quantiles = Calibration.of(torch.from_numpy(scores_of(seen, past.counts, plan.seed)))
        quantiles = torch.lerp(past.calibration.at(found_quantiles.levels), found_quantiles.quantiles, believed)
        return shares.clone(), Calibration(found_quantiles.levels, quantiles)

    def train(self, network: Network, effects: Effects | None, callbacks: Sequence[Callback]) -> int:
        """Continue the training of the network, and return the number of steps."""
        fitted, provenance = self.fitted, self.fitted.provenance
        plan, history = provenance.plan, provenance.history
        windows = self.windows(self.everything, effects, "fit", plan.training.stride)
        batch_size = min(plan.training.n_batch, len(windows))
        per_pass, passes = len(windows) // batch_size, (history.best_epoch or 0) + 1
        steps = max(_LEAST_STEPS, math.ceil(_SHARE_OF_STEPS * per_pass * passes / _PASSES) * _PASSES)
        chosen = self._chosen(windows, min(len(windows), steps * batch_size // _PASSES))
        training = replace(
            plan.training,
            epochs=_PASSES,
            batch_size=batch_size,
            learning_rate=_RATE * plan.training.learning_rate,
        )
        train = windows.subset(chosen)
        identity = {**provenance.to_json(), "labels": hashlib.sha256(self.labels.tobytes()).hexdigest()}
        axes, labelled = channel_axes(fitted, plan), few_labelled(train, training)
        task = Task(
            train, train, training, plan.losses, plan.seed, fitted.device, identity, labelled, axes, passes=_PASSES
        )
        fit_network(network, task, callbacks=callbacks)
        return _PASSES * max(1, len(train) // batch_size)

    def _chosen(self, windows: Windows, n: int) -> np.ndarray[Any, Any]:
        """Return the numbers of n windows: half with a target that the network was not trained on, if there are."""
        generator = np.random.default_rng(self.fitted.provenance.plan.seed)
        is_new = windows.origins + windows.shape.horizon > self.first_unseen
        new, old = (generator.permutation(np.flatnonzero(each)) for each in (is_new, ~is_new))
        n_new = min(len(new), max(n // 2, n - len(old)))
        return np.sort(np.concatenate([new[:n_new], old[: n - n_new]]))


def _row_after(source: Panel, stamp: str) -> int:
    """Return the first row after a UTC time, at least 0 and at most the number of rows."""
    row = int(source.clock.rows_at(np.array([stamp], dtype="datetime64[s]"))[0][0]) + 1
    return min(max(0, row), len(source.values))


def _check_series(fitted: FittedModel, source: Panel) -> None:
    """Check that each series that the model learned has a value: nothing is solved again from none."""
    empty = np.isnan(source.values).all(axis=0) & fitted.scale.learned
    if empty.any():
        names = listed([name for name, lacks in zip(source.channels, empty, strict=True) if lacks])
        raise DataError(
            f"{int(empty.sum())} of {len(empty)} series of the model have no value in the data: {names}",
            hint="Pass a table with the rows of all series, or fit a model of those that you have",
            argument="data",
        )


def _check_rows(fitted: FittedModel, source: Panel) -> None:
    """Check that some rows are newer than those of the model, and some are not."""
    provenance, n = fitted.provenance, len(source.values)
    known = _row_after(source, str(provenance.until))
    if known == n:
        raise DataError(
            f"The data have no row after {provenance.until} UTC, the last one that the model knows",
            hint="Pass a table that goes on after that, with the older rows before it",
            argument="data",
        )
    if known == 0:
        raise DataError(
            f"The data begin at {source.clock.time_text(0)}, after the last row that the model knows, "
            f"{provenance.until} UTC; scales and linear path would be solved on the newer rows alone",
            hint="Pass the older rows, too: the table of the fit, with the newer rows at its end",
            argument="data",
        )
    if provenance.n_rows is not None and 2 * n < provenance.n_rows:
        warn_data(
            f"The data have {n} rows and those of the fit had {provenance.n_rows}: scales and linear path are solved "
            "on fewer rows than before",
            hint="Pass more of the older rows",
        )
