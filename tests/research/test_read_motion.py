"""Calibration of classes read from recordings."""

import numpy as np
import pytest

from research.read_motion.run import calibration, calibration_error


def test_known_errors_of_calibration():
    probabilities = np.array([[0.95, 0.05], [0.95, 0.05], [0.65, 0.35], [0.65, 0.35]])
    found = calibration(probabilities, np.array([0, 0, 0, 1]), np.arange(4))
    assert found["ece"] == pytest.approx((2 * 0.05 + 2 * 0.15) / 4)
    assert found["nll"] == pytest.approx(-np.log([0.95, 0.95, 0.65, 0.35]).mean())
    twice = np.add(found["bins"], found["bins"])
    assert calibration_error(twice) == pytest.approx(found["ece"])


def test_windows_that_stand_and_fall_together_cannot_show_that_they_are_calibrated():
    probabilities, truth = np.full((400, 2), 0.5), np.zeros(400, int)
    apart, together = (
        calibration(probabilities, truth, each)["exact"] for each in (np.arange(400), np.zeros(400, int))
    )
    assert together == pytest.approx(0.5)
    assert apart < 0.03
