"""What forecasts depend on, as a result."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast._text import plural, visible
from divecast.config import check_choice
from divecast.data import Backend
from divecast.explain.attribution.agreement import Agreement
from divecast.inference.results import Columns, Floats, Keys

Rows = Literal["step", "window", "channel", "attention"]

_OVERLAP = 0.25  # how far the additivity may be from 1 before it is mentioned


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Attribution(Plottable):
    """How forecasts change when components of the code are removed, and what remains without any code.

    A change is the squared difference of the forecast mean, in scaled units (1 is a channel's variance in the training
    part), between the inferred code and the code with a component at its prior mean. Shares are shares of the changes
    by single components: they show what the effect of the code depends on, not how accurate a forecast is or what
    causes the values. ``print`` gives a summary in words.

    Attributes:
        keys: windows and the times of their steps.
        channels: names.
        factors: names.
        components: of the code: ``b_hour, b_weekday, ..., a``.
        change: (window, component, horizon) mean over the channels.
        shift: (window, component, horizon) the same without the square: whether the component raises the forecast.
        together: (window, horizon) change with all components at their prior mean at once.
        fused: (window, horizon) the same in the fusion alone, while the linear path still reads the classes.
        by_channel: (component, horizon, channel) change, mean over the windows.
        variance: (horizon, channel) of the forecast mean over the windows, scaled units; NaN for a single window.
        variance_alone: (horizon, channel) covariance of the forecast mean with that without any code.
        agreement: the attention weights of the fusion, and whether they agree with ablation.

    Example:
        >>> attribution = model.why(panel, "test", every=11)
        >>> attribution.components
        ('b_hour', 'b_weekday')
        >>> round(float(attribution.overall.sum()), 6)
        1.0
    """

    keys: Keys
    channels: tuple[str, ...]
    factors: tuple[str, ...]
    components: tuple[str, ...]
    change: Floats
    shift: Floats
    together: Floats
    fused: Floats
    by_channel: Floats
    variance: NDArray[np.float64]
    variance_alone: NDArray[np.float64]
    agreement: Agreement

    @property
    def share(self) -> NDArray[np.float64]:
        """(component, horizon) share of each component in the summed changes; NaN where nothing changes."""
        return _shares(self.change.sum(axis=0, dtype=np.float64), 0)

    @property
    def overall(self) -> NDArray[np.float64]:
        """(component,) share over all windows and steps."""
        return _shares(self.change.sum(axis=(0, 2), dtype=np.float64), 0)

    @property
    def window_share(self) -> NDArray[np.float64]:
        """(horizon,) share of the variance of the forecasts over these windows that remains without any code.

        The forecast is that without code plus the contribution of the code. The share of either is its covariance with
        their sum (Shorrocks 1982), so the share of the code is 1 minus this one. It may lie outside 0 and 1, as the
        contribution of the code may be opposite to the rest. NaN for a single window, and where forecasts are constant.
        """
        share: NDArray[np.float64] = _ratio(self.variance_alone.sum(axis=1), self.variance.sum(axis=1))
        return share

    @property
    def window_share_overall(self) -> float:
        """``window_share`` over all steps."""
        return float(_ratio(self.variance_alone.sum(), self.variance.sum()))

    @property
    def additivity(self) -> float:
        """Sum of the changes by single components relative to the change by all at once; NaN where nothing changes.

        Components add up at 1. Below 1 they replace one another, so that removing one alone understates its share;
        above 1 they overlap or have opposite effects.
        """
        return float(_ratio(self.change.sum(dtype=np.float64), self.together.sum(dtype=np.float64)))

    @property
    def fused_share(self) -> float:
        """Share of the code's effect that comes through the fusion; NaN where the code changes nothing.

        The rest comes from the linear path, which reads the classes directly and has no attention.
        """
        return float(_ratio(self.fused.sum(dtype=np.float64), self.together.sum(dtype=np.float64)))

    def frame(self, rows: Rows = "step", *, backend: Backend | None = None) -> Any:
        """Return the attribution as a table.

        Args:
            rows: ``step``: one row per component and step (``component, step, share, change, window_share``);
                ``window``: per window, component and step (``origin, component, step, ds, share, change, shift``);
                ``channel``: per component, step and channel (``unique_id, component, step, share, change``);
                ``attention``: per window and factor (``origin, factor, attention, ablation, agrees``), where
                ``agrees`` says whether attention may be read as importance.
            backend: kind of table; by default that of the data.

        Raises:
            ConfigError: another kind of rows.

        Example:
            >>> list(model.why(panel, "test", every=11).frame().columns)
            ['component', 'step', 'share', 'change', 'window_share']
        """
        tables = {
            "step": self._by_step,
            "window": self._by_window,
            "channel": self._by_channel,
            "attention": self._attention,
        }
        check_choice(tuple(tables), rows=rows)
        return self.keys.frame(tables[rows](), backend)

    def __str__(self) -> str:
        """Return what the forecasts depend on, in words."""
        n_windows = len(self.change)
        lines = [f"{plural(n_windows, 'window')}, {plural(self.change.shape[2], 'step')}, all channels."]
        if n_windows > 1 and np.isfinite(self.window_share_overall):
            alone = self.window_share_overall
            lines.append(
                f"Of the variance of the forecasts over these windows, {alone:.0%} comes from the window itself, "
                f"without the code, and {1 - alone:.0%} from the code."
            )
        if not np.isfinite(self.overall).all():
            return "\n".join([*lines, "No component of the code changes these forecasts."])
        shares = ", ".join(
            f"{visible(name)} {share:.0%}" for name, share in zip(self.components, self.overall, strict=True)
        )
        size = float(np.sqrt(self.together.mean(dtype=np.float64)))
        lines.append(f"The code changes the forecasts by {size:.2g} training standard deviations (root mean square).")
        lines.append(f"Shares of this effect, by ablation: {shares}.")
        if self.factors:
            lines.append(
                f"{self.fused_share:.0%} of it comes through the fusion, which has attention; the rest comes from the "
                "linear path, which reads the classes directly."
            )
        if abs(self.additivity - 1.0) > _OVERLAP:
            lines.append(self._overlap())
        return "\n".join([*lines, str(self.agreement)])

    def _overlap(self) -> str:
        reason = "replace one another" if self.additivity < 1.0 else "overlap or have opposite effects"
        return (
            f"The components {reason}: the sum of their single changes is {self.additivity:.2f} times the change by "
            "all at once, so the shares are approximate."
        )

    def _by_step(self) -> Columns:
        n_components, horizon = self.change.shape[1:]
        return {
            "component": np.repeat(np.array(self.components, dtype=object), horizon),
            "step": np.tile(np.arange(1, horizon + 1), n_components),
            "share": self.share.reshape(-1),
            "change": self.change.mean(axis=0, dtype=np.float64).reshape(-1),
            "window_share": np.tile(self.window_share, n_components),
        }

    def _by_window(self) -> Columns:
        n_windows, n_components, horizon = shape = self.change.shape
        keys = {
            name: np.repeat(column, n_components * horizon) for name, column in self.keys.columns("origin", 0).items()
        }
        return {
            **keys,
            "component": np.tile(np.repeat(np.array(self.components, dtype=object), horizon), n_windows),
            "step": np.broadcast_to(np.arange(1, horizon + 1), shape).reshape(-1),
            "ds": np.broadcast_to(self.keys.times[:, None, 1:], shape).reshape(-1),
            "share": _shares(self.change.astype(np.float64), 1).reshape(-1),
            "change": self.change.reshape(-1),
            "shift": self.shift.reshape(-1),
        }

    def _by_channel(self) -> Columns:
        n_components, horizon, n_channels = shape = self.by_channel.shape
        return {
            **self.keys.series(self.channels, np.tile(np.arange(n_channels), n_components * horizon)),
            "component": np.repeat(np.array(self.components, dtype=object), horizon * n_channels),
            "step": np.broadcast_to(np.arange(1, horizon + 1)[:, None], shape).reshape(-1),
            "share": _shares(self.by_channel.astype(np.float64), 0).reshape(-1),
            "change": self.by_channel.reshape(-1),
        }

    def _attention(self) -> Columns:
        agreement = self.agreement
        n_windows, n_factors = agreement.ablation.shape
        weights = agreement.attention if agreement.attention.shape[1] else agreement.ablation * np.nan
        return {
            **{name: np.repeat(column, n_factors) for name, column in self.keys.columns("origin", 0).items()},
            "factor": np.tile(np.array(self.factors, dtype=object), n_windows),
            "attention": weights.reshape(-1),
            "ablation": agreement.ablation.reshape(-1),
            "agrees": np.full(n_windows * n_factors, agreement.agrees),
        }


def _shares(changes: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = _ratio(changes, changes.sum(axis=axis, keepdims=True))
    return shares


def _ratio(part: Any, whole: Any) -> Any:
    """Return part / whole, NaN where the whole is not above 0."""
    shape = np.broadcast_shapes(np.shape(part), np.shape(whole))
    return np.divide(part, whole, out=np.full(shape, np.nan), where=np.asarray(whole) > 0)
