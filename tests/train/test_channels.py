"""Learning from a sample of the channels: fair draws, the network of the sample, losses that stand for all."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from divecast.config import EncoderConfig, LossConfig, TrainingConfig
from divecast.errors import ConfigError
from divecast.model.network import Dimensions, Network
from divecast.model.panel_features import PanelFeatures
from divecast.model.recording_features import RecordingFeatures
from divecast.train.channels import ChannelAxes, draw_channels, sampled_player_loss
from divecast.train.conflict.probe import ConflictProbe
from divecast.train.loop import Checkpointing, Task, fit_network
from divecast.train.player_loss import player_loss
from divecast.train.schedule import Turn
from divecast.train.validate import validate
from divecast.types import Batch, ChannelSample
from laws import assert_same_bits, frozen
from train.fits import Watch
from worlds import FREQUENCIES, KINDS, SMALL, network

N = 6
DIMENSIONS = Dimensions(8, 3, N, KINDS, FREQUENCIES)
AXES = ChannelAxes.of(DIMENSIONS, SMALL)
SETTINGS = TrainingConfig(epochs=2, batch_size=32, learning_rate=1e-2, channels=2), LossConfig()


@dataclass(frozen=True, eq=False)
class Panel:
    """A window source whose channels can be asked for; notes what was."""

    x: Tensor
    y: Tensor
    labels: Tensor
    asked: list

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, index: Tensor, sample: ChannelSample | None = None) -> Batch:
        self.asked.append(sample)
        wanted = slice(None) if sample is None else sample.index
        return Batch(self.x[index][:, :, wanted], self.y[index][:, :, wanted], self.labels[index], sample)


def panel(n: int = 100, seed: int = 0, missing: float = 0.0) -> Panel:
    draw = torch.Generator().manual_seed(seed)
    values = torch.randn(n, 11, N, generator=draw)
    values[torch.rand(values.shape, generator=draw) < missing] = torch.nan
    labels = torch.stack([torch.randint(0, k, (n,), generator=draw) for k in (4, 2)], dim=1)
    return Panel(values[:, :8], values[:, 8:], labels, [])


def task(channels: int = 2, **changes: object) -> Task:
    config = replace(SETTINGS[0], channels=channels, **changes)
    return Task(panel(), panel(80, 1), config, LossConfig(), 0, torch.device("cpu"), {"seed": 0}, None, AXES)


def net() -> Network:
    return network(seed=1, n_channels=N)


def losses(turn: Turn, model: Network, batch: Batch) -> dict[str, Tensor]:
    torch.manual_seed(0)
    return sampled_player_loss(turn, model, AXES, batch, *SETTINGS).tasks


@settings(max_examples=50)
@given(st.integers(1, 200), st.integers(1, 60), st.integers(0, 9), st.integers(0, 50))
def test_every_round_comes_to_each_channel_once(n: int, most: int, seed: int, number: int) -> None:
    per_round = -(-n // most)
    drawn = [draw_channels(n, most, seed, number * per_round + part).index for part in range(per_round)]
    assert torch.cat(drawn).sort().values.tolist() == list(range(n))
    sizes = [len(each) for each in drawn]
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1
    assert all(torch.equal(each, each.sort().values) for each in drawn)


def test_a_draw_is_that_of_its_seed_and_step() -> None:
    def of(seed: int, step: int) -> list[int]:
        return draw_channels(100, 10, seed, step).index.tolist()

    assert of(3, 7) == of(3, 7)
    assert len({tuple(of(seed, step)) for seed in range(3) for step in range(20)}) == 60


@pytest.mark.parametrize("kind", ["panel", "recording"])
@pytest.mark.parametrize("factors", [True, False])
def test_the_network_of_a_sample_has_the_shapes_of_one_of_so_few_channels(kind: str, factors: bool) -> None:
    config = replace(SMALL, encoder=replace(SMALL.encoder, kind=kind))
    dimensions = DIMENSIONS if factors else Dimensions(8, 3, N)
    axes, few = ChannelAxes.of(dimensions, config), Network(replace(dimensions, n_channels=2), config)
    whole = Network(dimensions, config)
    cut = axes.cut(whole, ChannelSample(torch.tensor([1, 4]), N))
    expected = {**dict(few.named_parameters()), **dict(few.named_buffers())}
    shapes = {**dict(whole.named_parameters()), **dict(whole.named_buffers())} | cut
    assert {name: each.shape for name, each in shapes.items()} == {name: each.shape for name, each in expected.items()}


@pytest.mark.parametrize("turn", ["marginal", "conditional", "joint"])
def test_a_sample_of_all_channels_has_the_losses_of_all(turn: Turn) -> None:
    model, source = net().train(), panel(missing=0.1)
    index = torch.arange(40)
    torch.manual_seed(0)
    plain = player_loss(turn, model, source.batch(index), *SETTINGS).tasks
    found = losses(turn, model, source.batch(index, ChannelSample(torch.arange(N), N)))
    assert {name: loss.item() for name, loss in found.items()} == {name: loss.item() for name, loss in plain.items()}


def test_samples_of_a_round_have_the_mean_loss_of_all() -> None:
    """At the start the forecast is the linear path's, which the code does not reach, so the law is exact."""
    model, source = net().eval(), panel(missing=0.1)
    with torch.no_grad():
        model.forecaster.linear.weight[:, :8].normal_(std=0.1)  # the covariates are inferred labels
        model.forecaster.likelihood.log_scale.normal_()
    index = torch.arange(40)
    whole = losses("conditional", model, source.batch(index))["forecast"].item()
    parts = [
        losses("conditional", model, source.batch(index, draw_channels(N, 2, 0, step)))["forecast"].item()
        for step in range(3)
    ]
    assert sum(parts) / 3 == pytest.approx(whole, rel=1e-5)


def test_channels_outside_the_sample_have_no_gradient() -> None:
    model = net().train()
    sample = ChannelSample(torch.tensor([0, 3]), N)
    torch.stack(tuple(losses("conditional", model, panel().batch(torch.arange(20), sample)).values())).sum().backward()
    others = torch.tensor([1, 2, 4, 5])
    for parameter, axis in ((model.decoder.loadings, 1), (model.conditional.features.mixing, 0)):
        assert parameter.grad.index_select(axis, others).abs().max() == 0
        assert parameter.grad.index_select(axis, sample.index).abs().min() > 0


@pytest.mark.parametrize("share", [1, 2, 3])
@pytest.mark.parametrize("missing", [False, True])
def test_panel_features_of_equal_channels_are_those_of_any_sample(share: int, missing: bool) -> None:
    torch.manual_seed(0)
    features = PanelFeatures(8, N, SMALL.encoder, levels=True).eval()
    for parameter in (features.mixing, features.level_mixing.weight):
        axis = 0 if parameter is features.mixing else 1
        parameter.data = parameter.data.select(axis, 0).unsqueeze(axis).expand_as(parameter).clone()
    x = torch.randn(5, 8, 1)
    x[0, 2] = torch.nan if missing else 0.0
    cut = {"mixing": features.mixing[:share], "level_mixing.weight": features.level_mixing.weight[:, : 2 * share]}
    found = torch.func.functional_call(features, cut, (x.expand(-1, -1, share),))
    torch.testing.assert_close(found, features(x.expand(-1, -1, N)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("missing", [False, True])
def test_recording_features_of_equal_channels_are_those_of_any_sample(missing: bool) -> None:
    torch.manual_seed(0)
    features = RecordingFeatures(40, N, SMALL.encoder).eval()
    convolutions: tuple[nn.Conv1d, ...] = (features.enter, features.enter_missing)
    for each in convolutions:
        each.weight.data = each.weight.data[:, :1].expand_as(each.weight).clone()
    x = torch.randn(5, 40, 1)
    x[0, 2] = torch.nan if missing else 0.0
    cut = {f"{name}.weight": getattr(features, name).weight[:, :2] for name in ("enter", "enter_missing")}
    found = torch.func.functional_call(features, cut, (x.expand(-1, -1, 2),))
    torch.testing.assert_close(found, features(x.expand(-1, -1, N)), rtol=1e-4, atol=1e-5)


@given(st.integers(1, 2000), st.floats(0.0, 0.95), st.floats(0.01, 1.0))
def test_a_sample_counts_as_hidden_channels(n: int, dropout: float, sampled: float) -> None:
    """No more is hidden besides, as long as the sample hides enough; all in all never less than without it."""
    config = EncoderConfig(channel_dropout=dropout)
    alone, beside = config.hidden_share(n), config.hidden_share(n, sampled)
    assert config.hidden_share(n, 1.0) == alone
    assert 0.0 <= beside <= alone + 1e-12
    assert sampled * (1.0 - beside) == pytest.approx(min(sampled, 1.0 - alone))


def test_a_fit_asks_for_sampled_channels_alone_and_validates_on_all() -> None:
    what = task()
    fit_network(net(), what)
    samples = [sample.index.tolist() for sample in what.train.asked]
    assert samples == [draw_channels(N, 2, 0, step).index.tolist() for step in range(len(samples))]
    assert set(what.valid.asked) == {None}


def test_the_marginal_batch_has_the_channels_of_its_step() -> None:
    what = replace(task(), labelled=torch.tensor([3, 14]))
    fit_network(net(), what)
    pairs = zip(what.train.asked[::2], what.train.asked[1::2], strict=True)
    assert all(torch.equal(plain.index, marginal.index) for plain, marginal in pairs)


@pytest.mark.parametrize("changes", [{}, {"interleave": "joint"}, {"average": True}])
def test_a_fit_repeats_bit_for_bit_and_goes_on_from_a_checkpoint(changes: dict[str, Any], tmp_path: Path) -> None:
    whole, broken, resumed = net(), net(), net()
    what = task(**changes)
    torch.manual_seed(5)
    state = torch.get_rng_state()
    fit_network(whole, what)
    assert torch.equal(torch.get_rng_state(), state)
    with pytest.raises(KeyboardInterrupt):
        fit_network(broken, what, Checkpointing(tmp_path / "c"), [Watch(4, "interrupt")])
    fit_network(resumed, what, Checkpointing(tmp_path / "c", resume=True))
    assert_same_bits(frozen(resumed), frozen(whole))


def test_validation_sees_about_the_sampled_share_of_the_windows() -> None:
    """A batch at least, and where labels decide, all of them."""
    net_, sizes = net(), {}
    for channels, monitor in ((2, "tasks"), (4, "tasks"), (4, "labels")):
        what = task(channels, monitor=monitor, epochs=1)
        counted: list[int] = []
        what = replace(what, valid=_Counting(what.valid, counted))
        fit_network(net_, what)
        sizes[channels, monitor] = sum(counted) - 1  # one to see how large they are
    assert sizes == {(2, "tasks"): 32, (4, "tasks"): 53, (4, "labels"): 80}


@dataclass(frozen=True, eq=False)
class _Counting:
    source: Panel
    counted: list[int]

    def __len__(self) -> int:
        return len(self.source)

    def batch(self, index: Tensor, sample: ChannelSample | None = None) -> Batch:
        self.counted.append(len(index))
        return self.source.batch(index, sample)


def test_validation_in_small_pieces_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    model, source, device = net(), panel(), torch.device("cpu")
    whole = validate(model, source, 100, device)
    monkeypatch.setattr("divecast.train.validate._VALUES_AT_ONCE", 3 * 11 * N)
    counted: list[int] = []
    pieces = validate(model, _Counting(source, counted), 100, device)
    assert max(counted) == 3
    assert pieces == pytest.approx(whole, rel=1e-5)


def test_a_probe_of_sampled_channels_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"got training\.channels=2\. Set training\.channels to 0"):
        fit_network(net(), task(), probe=ConflictProbe())
