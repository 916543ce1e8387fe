"""Whether the trained encoder keeps its share of what is read of a recording."""

import numpy as np
import pytest
import torch

from divecast.fit.read_classes import _harms

LABELS = torch.arange(60) % 3
RECORDINGS = np.repeat(np.arange(6), 10)


def sure_of(classes: torch.Tensor) -> torch.Tensor:
    return 10.0 * torch.nn.functional.one_hot(classes, 3).float()


@pytest.mark.parametrize(("classes", "harms"), [(LABELS, False), ((LABELS + 1) % 3, True)])
def test_the_encoder_keeps_its_share_unless_it_is_wrong(classes: torch.Tensor, harms: bool) -> None:
    closed = 0.2 * sure_of(LABELS)
    assert _harms(closed, sure_of(classes), LABELS, RECORDINGS) is harms


def test_one_recording_is_no_evidence() -> None:
    assert not _harms(sure_of(LABELS), sure_of((LABELS + 1) % 3), LABELS, np.zeros(60, np.int64))
