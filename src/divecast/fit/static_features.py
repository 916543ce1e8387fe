"""Facts of the series of a panel as features: numbers in units of their spread, and indicators of categories."""

import numpy as np
import torch
from torch import Tensor

from divecast.data import Panel, Source
from divecast.data.tables.label_columns import distinct


def static_features(source: Source) -> Tensor:
    """Return (channel, feature) float32, 0 where a fact is missing; no features without facts.

    Args:
        source: the data; recordings have no facts.
    """
    columns = [np.empty((len(source.channels), 0))]
    for column in source.static.values() if isinstance(source, Panel) else ():
        if column.dtype.kind == "f":
            known = column[~np.isnan(column)]
            spread = known.std() if len(known) else 0.0
            standard = (column - known.mean()) / spread if spread > 0 else np.zeros(len(column))
            columns.append(np.nan_to_num(standard)[:, None])
        else:
            names, places = distinct(column)
            columns.append(np.eye(len(names) + 1)[places][:, :-1])  # -1, missing, is the last row
    return torch.from_numpy(np.concatenate(columns, axis=1)).float()
