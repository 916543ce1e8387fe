"""Diagnoses of codes: sound ones, and ones broken by hand."""

import builtins
import copy
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from divecast import CodeConfig, ConfigError, DataError, DeepDIVE, ModelConfig, Panel, TrainingConfig
from divecast._text import plural
from divecast.data import Windows
from divecast.explain.diagnosis import check as checking
from divecast.explain.diagnosis.check import (
    block_divergences,
    check_code,
    label_accuracies,
    rare_classes,
    separations_of,
    usage_of,
)
from divecast.explain.diagnosis.diagnosis import Diagnosis, Finding, Measurements
from divecast.explain.diagnosis.divergence import standard_kl
from divecast.explain.diagnosis.findings import findings_of
from divecast.explain.diagnosis.ownership import ProbeResults, label_skill, probe_code, repeated_share
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import encode_windows
from divecast.inference.results import Codes, Labels
from divecast.model.network import Network
from worlds import SMALL, hours, moves

PANEL = hours().panel


@pytest.fixture(scope="module")
def diagnosis(hours_model: DeepDIVE) -> Diagnosis:
    """The report of a model as it is."""
    return hours_model.check(PANEL, "all", every=5)


def by_topic(findings: tuple[Finding, ...]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.topic, []).append(finding)
    return found


def quick(fitted: FittedModel, codes: Codes, given: np.ndarray) -> Diagnosis:
    """The report without the forests."""
    labels = Labels(codes.keys, codes.factors, codes.classes, codes.probabilities, given)
    measured = Measurements(
        n_windows=len(given),
        part="test",
        dimensions=usage_of(fitted, codes),
        block_kl=block_divergences(fitted, codes),
        separations=separations_of(fitted, codes),
        labels=label_accuracies(labels),
        probes=ProbeResults(),
        rare=rare_classes(fitted, fitted.windows(PANEL, "test")),
    )
    return Diagnosis(measured, findings_of(fitted, measured), "numpy")


def coded(model: DeepDIVE, change: Callable[[Network], None] | None = None) -> tuple[FittedModel, Codes, np.ndarray]:
    fitted = model.fitted_model
    windows = fitted.windows(PANEL, "test")
    if change is not None:
        network = copy.deepcopy(fitted.network)
        with torch.no_grad():
            change(network)
        fitted = replace(fitted, network=network)
    return fitted, encode_windows(fitted, windows), windows.labels[windows.origins - 1].astype(np.int64)


def sound(model: DeepDIVE, every: int = 1) -> tuple[FittedModel, Windows, Codes]:
    """Codes made by hand: each block at its class's centre, up to noise, and an a that knows nothing of labels."""
    fitted = model.fitted_model
    windows = fitted.windows(PANEL, "all", every=every)
    codes, draw = encode_windows(fitted, windows), np.random.default_rng(0)
    given = windows.labels[windows.origins - 1].astype(np.int64)
    mixtures = fitted.network.marginal.prior.mixtures()
    centres = [mixture.centres().detach().numpy() for mixture in mixtures]
    b = [c[k] + 0.1 * draw.normal(size=(len(k), c.shape[1])) for c, k in zip(centres, given.T, strict=True)]
    shares = [np.eye(len(c), dtype=np.float32)[k] for c, k in zip(centres, given.T, strict=True)]
    a = draw.normal(size=codes.a_mean.shape).astype(np.float32)
    blocks = tuple(block.astype(np.float32) for block in b)
    return fitted, windows, replace(codes, a_mean=a, b_mean=blocks, probabilities=tuple(shares))


def reported(fitted: FittedModel, windows: Windows, codes: Codes) -> Diagnosis:
    """The report of codes made by hand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "encode_windows", lambda *_: codes)
        return check_code(fitted, windows, "test")


@pytest.mark.slow
def test_a_sound_code_is_called_sound(hours_model: DeepDIVE) -> None:
    report = reported(*sound(hours_model, every=5))
    assert report.fine, str(report)
    topics = by_topic(report.findings)
    assert set(topics) == {"a", "blocks", "duplicates", "classes", "labels", "ownership", "leakage"}
    assert {finding.state for finding in report.findings} == {"fine"}
    assert str(report).endswith("\nNo problem found.")
    assert (report.duplicates, report.merged) == ((), ())


def test_the_report_ends_with_a_verdict(diagnosis: Diagnosis) -> None:
    lines = str(diagnosis).splitlines()
    n_problems = sum(finding.state == "problem" for finding in diagnosis.findings)
    assert lines[0].startswith("Diagnosis of the code")
    assert lines[-1] == ("No problem found." if diagnosis.fine else plural(n_problems, "problem") + " found.")
    assert sum(line.startswith("PROBLEM") for line in lines) == n_problems
    assert all(finding.advice for finding in diagnosis.findings if finding.state == "problem")


def test_kl_of_a_is_the_closed_form_of_the_posteriors(hours_model: DeepDIVE) -> None:
    fitted, codes, _ = coded(hours_model)
    usage = usage_of(fitted, codes)
    np.testing.assert_allclose(usage.kl[usage.unlabelled], standard_kl(codes.a_mean, codes.a_sd).mean(axis=0))
    assert usage.names[:4] == ("a0", "a1", "a2", "b_hour0")
    assert usage.owners[:4] == (None, None, None, "hour")


@pytest.mark.slow
def test_a_collapsed_a_is_found(hours_model: DeepDIVE) -> None:
    fitted, codes, given = coded(hours_model)
    flat = replace(codes, a_mean=0 * codes.a_mean, a_sd=0 * codes.a_sd + 1)
    report = quick(fitted, flat, given)
    assert not report.fine
    [finding] = by_topic(report.findings)["a"]
    assert "collapsed" in finding.text
    assert "conditional_kl" in finding.advice
    assert report.measured.dimensions.collapsed[:3].all()
    half = replace(codes, a_mean=codes.a_mean * [1, 1, 0], a_sd=np.where([1, 1, 0], codes.a_sd, 1).astype(np.float32))
    [finding] = by_topic(quick(fitted, half, given).findings)["a"]
    assert (finding.state, "n_conditional=2 " in finding.text) == ("fine", True)


def test_duplicated_dimensions_are_found(hours_model: DeepDIVE) -> None:
    fitted, codes, given = coded(hours_model)
    a = codes.a_mean.copy()
    a[:, 1] = -3 * a[:, 0]
    a[:, 2] = codes.b_mean[0][:, 0]
    report = quick(fitted, replace(codes, a_mean=a), given)
    assert {(pair.first, pair.second) for pair in report.duplicates} == {("a0", "a1"), ("a2", "b_hour0")}
    [finding] = by_topic(report.findings)["duplicates"]
    assert finding.state == "problem"
    assert "conditional_tc" in finding.advice
    assert "a repeats hour" in finding.advice


def test_merged_classes_are_found(hours_model: DeepDIVE) -> None:
    def merge(network: Network) -> None:
        network.marginal.prior.mixtures()[0].centres.log_radius.fill_(-4.0)

    report = quick(*coded(hours_model, merge))
    [finding] = by_topic(report.findings)["classes"]
    assert finding.state == "problem"
    assert len(report.merged) == 24 * 23 // 2
    assert "cross_entropy (now 10)" in finding.advice


def test_a_silent_block_is_found(hours_model: DeepDIVE) -> None:
    fitted, codes, given = coded(hours_model)
    still = tuple(np.zeros_like(block) for block in codes.b_mean[:1]) + codes.b_mean[1:]
    unsure = tuple(np.full_like(share, 1 / share.shape[1]) for share in codes.probabilities[:1])
    flat = replace(codes, b_mean=still, probabilities=unsure + codes.probabilities[1:])
    [finding] = by_topic(quick(fitted, flat, given).findings)["blocks"]
    assert finding.state == "problem"
    assert "inferred of hour " in finding.text


def test_a_narrow_block_from_which_labels_are_read_is_not_called_silent(hours_model: DeepDIVE) -> None:
    fitted, codes, given = coded(hours_model)
    narrow = (codes.b_mean[0] / 100, *codes.b_mean[1:])
    sure = np.eye(24, dtype=np.float32)[given[:, 0]]
    report = quick(fitted, replace(codes, b_mean=narrow, probabilities=(sure, *codes.probabilities[1:])), given)
    assert not report.measured.dimensions.active[3]
    [finding] = by_topic(report.findings)["blocks"]
    assert "inferred of hour" not in finding.text


def test_a_block_far_from_its_classes_is_found(hours_model: DeepDIVE) -> None:
    fitted, codes, given = coded(hours_model)
    off = (codes.b_mean[0] + 4.0, codes.b_mean[1])
    [finding] = by_topic(quick(fitted, replace(codes, b_mean=off), given).findings)["blocks"]
    assert (finding.state, "every class of hour (" in finding.text) == ("problem", True)
    assert "marginal_kl" in finding.advice


def test_labels_read_wrong_are_found_and_missing_ones_are_not_judged(hours_model: DeepDIVE) -> None:
    fitted, codes, given = coded(hours_model)
    given = given.copy()
    given[:, 0] = (given[:, 0] + 12) % 24
    given[:, 1] = -1
    wrong, absent = by_topic(quick(fitted, codes, given).findings)["labels"]
    assert (wrong.state, absent.state) == ("problem", "unknown")
    assert "no labels" in absent.text


def test_a_rare_class_is_counted_and_not_advised_against(hours_model: DeepDIVE) -> None:
    fitted, codes, given = coded(hours_model)
    hour, weekend = fitted.vocabularies
    fitted = replace(fitted, known_vocabularies=(hour, replace(weekend, frequencies=(0.95, 0.05))))
    still = (codes.b_mean[0], np.zeros_like(codes.b_mean[1]))
    unsure = (codes.probabilities[0], np.full_like(codes.probabilities[1], 0.5))
    given = np.stack([given[:, 0], 1 - given[:, 1]], axis=1)
    findings = by_topic(quick(fitted, replace(codes, b_mean=still, probabilities=unsure), given).findings)
    assert [each.state for each in findings["labels"]] == ["fine", "unknown"]
    assert "Another class than 'no' occurs on 16 days" in findings["labels"][1].text
    assert findings["blocks"][0].state == "fine"
    assert "apart from weekend, whose other classes are rare" in findings["blocks"][0].text
    assert not any("leave it out" in (each.advice or "") for group in findings.values() for each in group)


@pytest.mark.slow
def test_leaks_are_found(hours_model: DeepDIVE) -> None:
    fitted, windows, codes = sound(hours_model, every=3)
    hour, weekend = codes.b_mean
    a = np.concatenate([hour[:, :2], codes.a_mean[:, :1]], axis=1)
    [told] = by_topic(reported(fitted, windows, replace(codes, a_mean=a)).findings)["leakage"]
    assert (told.state, "read from a: hour 1.00" in told.text) == ("problem", True)
    assert "n_conditional (now 3)" in told.advice
    noise = np.random.default_rng(0).normal(size=(len(hour), hour.shape[1] - 1))
    crossed = hour + np.concatenate([0.4 * weekend, 0.0 * noise], axis=1).astype(np.float32)
    report = reported(fitted, windows, replace(codes, b_mean=(crossed, weekend)))
    [told] = by_topic(report.findings)["leakage"]
    assert (told.state, "weekend from b_hour" in told.text) == ("problem", True)
    assert "marginal_kl" in told.advice


def test_without_scikit_learn_the_rest_is_said(hours_model: DeepDIVE, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *arguments: object, **more: object) -> object:
        if name.startswith("sklearn"):
            raise ImportError(f"No module named {name!r}")
        return real(name, *arguments, **more)

    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(builtins, "__import__", absent)
    report = hours_model.check(PANEL, "test", every=4)
    [finding] = by_topic(report.findings)["ownership"]
    assert finding.state == "unknown"
    assert 'pip install "divecast[science]"' in finding.text
    assert "leakage" not in by_topic(report.findings)
    assert str(report).endswith(" 1 could not be measured.")
    assert report.frame("probes").num_rows == 0
    assert {"a", "classes", "labels"} <= set(by_topic(report.findings))


def fit(factors: tuple[str, ...], code: CodeConfig) -> DeepDIVE:
    config = ModelConfig(SMALL.encoder, code, SMALL.decoder)
    training = TrainingConfig(epochs=1, batch_size=512)
    return DeepDIVE(6, 24, factors, model=config, training=training).fit(hours(weeks=4).panel, progress=False)


def test_a_model_without_factors_is_judged_by_a() -> None:
    report = fit((), SMALL.code).check(hours(weeks=4).panel)
    assert set(by_topic(report.findings)) - {"forecast"} == {"a", "blocks", "duplicates"}
    assert report.measured.probes == ProbeResults()
    for rows in ("findings", "dimensions", "classes", "labels", "probes"):
        assert report.frame(rows) is not None
    assert len(report.frame("classes")) == 0


@pytest.mark.parametrize(("labels", "state"), [("given", "unknown"), ("latent", "fine"), ("unused", "fine")])
def test_other_uses_of_labels(labels: str, state: str) -> None:
    report = fit(("hour", "weekend"), CodeConfig(n_conditional=2, labels=labels)).check(hours(weeks=4).panel)
    assert by_topic(report.findings)["blocks"][0].state in (state, "problem" if labels == "latent" else state)
    assert set(report.measured.block_kl) == ({"hour", "weekend"} if labels == "latent" else set())
    assert report.measured.dimensions.names == ("a0", "a1")


def test_a_code_without_a() -> None:
    report = fit(("hour",), CodeConfig(n_conditional=0)).check(hours(weeks=4).panel)
    assert by_topic(report.findings)["a"][0].text.startswith("a: the code has no unlabelled")


@pytest.mark.slow
def test_recordings_are_held_out_whole(moves_model: DeepDIVE) -> None:
    report = moves_model.check(moves(), "all", every=9)
    assert [probe.factor for probe in report.measured.probes.own] == ["move", "side"]
    assert [label.factor for label in report.measured.labels] == ["move", "side"]


@pytest.mark.slow
def test_data_without_labels_are_judged_by_what_is_left(moves_model: DeepDIVE) -> None:
    bare = moves()
    bare = replace(bare, labels={})
    report = moves_model.check(bare, "all", every=4)
    topics = by_topic(report.findings)
    assert {finding.state for finding in topics["labels"]} == {"unknown"}
    assert topics["ownership"][0].state == "unknown"
    assert topics["classes"][0].state == "fine"


def test_frames_hold_the_numbers(diagnosis: Diagnosis) -> None:
    table = diagnosis.frame()
    np.testing.assert_array_equal(table["kl"].to_numpy(), diagnosis.measured.dimensions.kl)
    assert table["factor"].to_pylist()[:4] == [None, None, None, "hour"]
    assert diagnosis.frame("labels")["factor"].to_pylist() == ["hour", "weekend"]
    assert len(diagnosis.frame("findings")) == len(diagnosis.findings)
    assert len(diagnosis.frame("classes")) == 24 * 23 // 2 + 1
    with pytest.raises(ConfigError, match="rows must be"):
        diagnosis.frame("years")  # type: ignore[arg-type]


def test_what_cannot_be_judged_is_refused(hours_model: DeepDIVE) -> None:
    with pytest.raises(DataError, match="expected at least 20, got"):
        hours_model.check(PANEL, "test", every=100)
    other = Panel.from_array(PANEL.values[:200], "2024-01-01", "1h", list(PANEL.channels))
    with pytest.raises(DataError, match='choose "all"'):
        hours_model.check(other)


def test_what_a_label_tells_of_another() -> None:
    month = np.arange(1200) % 12
    assert label_skill(month // 3, month) == 1.0
    assert label_skill(month, month // 3) == pytest.approx((4 / 12 - 1 / 12) / (1 - 1 / 12))
    assert label_skill(month, np.zeros(1200, dtype=np.int64)) == 0.0
    assert np.isnan(label_skill(np.zeros(1200, dtype=np.int64), month))
    assert np.isnan(label_skill(np.full(5, -1), np.full(5, -1)))


def test_a_class_that_comes_once_is_not_held_out(hours_model: DeepDIVE) -> None:
    """A month of a single year: where its windows are held out, it was never learned."""
    _, windows, codes = sound(hours_model, every=2)
    month = np.arange(len(windows)) * 12 // len(windows)
    given = windows.labels[windows.origins - 1].astype(np.int64)
    given[:, 0] = month
    labels = Labels(codes.keys, ("month", "weekend"), codes.classes, codes.probabilities, given)
    found = probe_code(replace(codes, factors=labels.factors), labels, None, 12)
    assert [probe.factor for probe in found.own] == ["weekend"]
    assert found.left_out.startswith("month: most of its classes come in fewer than 3 spells")
    assert repeated_share(month, None) == 0.0
    assert repeated_share(month, np.arange(len(month)) // 10) == 1.0
    assert repeated_share(np.array([0, 1, 0, 1, 0, -1, 0]), None) == pytest.approx(4 / 6)
