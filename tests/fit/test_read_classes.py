"""Whether the trained encoder keeps its share of what is read of a recording."""

import numpy as np
import pytest
import torch

from divecast.fit.read_classes import _share, _usual_share

LABELS = torch.arange(120) % 3
RECORDINGS = np.repeat(np.arange(12), 10)


def sure_of(classes: torch.Tensor) -> torch.Tensor:
    return 10.0 * torch.nn.functional.one_hot(classes, 3).float()


@pytest.mark.parametrize(
    ("closed", "encoder", "share"),
    [
        (2.0, LABELS, 0.3),  # both are right, and neither is needed much more
        (2.0, (LABELS + 1) % 3, 0.0),
        (0.1, LABELS, 1.0),
    ],
)
def test_the_encoder_has_its_share_unless_one_of_both_cannot_read_the_factor(
    closed: float, encoder: torch.Tensor, share: float
) -> None:
    logits = 4.0 * closed * sure_of(LABELS) / 10.0
    assert _share(logits, sure_of(encoder), LABELS, RECORDINGS, 0.3) == share


def test_few_recordings_do_not_take_the_encoder_out_but_give_it_all_if_they_agree() -> None:
    few, flat = RECORDINGS // 2, torch.zeros(120, 3)
    assert _share(sure_of(LABELS), sure_of((LABELS + 1) % 3), LABELS, few, 0.3) == 0.3
    assert _share(flat, sure_of(LABELS), LABELS, few, 0.3) == 1.0
    assert _share(flat, sure_of(LABELS), LABELS, few, 0.0) == 0.0  # it had too few to learn from
    one_alone = torch.where(torch.from_numpy(few == 0), LABELS, (LABELS + 1) % 3)
    assert _share(flat, sure_of(one_alone), LABELS, few, 0.3) == 0.3
    assert _share(flat, sure_of(LABELS), LABELS, np.zeros(120, np.int64), 0.3) == 0.3  # one recording


@pytest.mark.parametrize(("n_recordings", "share"), [(7, 0.0), (8, 0.3)])
def test_few_recordings_of_a_class_leave_the_encoder_out(n_recordings: int, share: float) -> None:
    labels, recordings = np.repeat(np.arange(n_recordings) % 3, 10), np.repeat(np.arange(n_recordings), 10)
    unlabelled = np.full(50, -1), np.repeat(np.arange(100, 105), 10)
    both = np.concatenate([labels, unlabelled[0]]).astype(np.int16), np.concatenate([recordings, unlabelled[1]])
    assert _usual_share(*both) == share
