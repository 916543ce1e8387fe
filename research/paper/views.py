"""What the figures of a case show: the first full model on its test windows."""

from pathlib import Path

import torch

from divecast.inference import read_model
from divecast.plots import CodeView, view_windows
from research.paper.cases import Case
from research.paper.run import HeldOut


def view_of(case: Case, model: Path) -> CodeView:
    """Load the model of a case and look at its test windows; see ``CodeView``."""
    fitted = read_model(model, torch.device("cpu"))
    return view_windows(fitted, HeldOut.of(fitted, case).encode)
