"""AdamW without torch._dynamo."""

from inspect import unwrap
from typing import Any

import torch

_STEP: Any = unwrap(torch.optim.AdamW.step)


class AdamW(torch.optim.AdamW):
    """torch's AdamW, whose first use does not import torch._dynamo: that takes seconds, and serves compiled steps.

    Methods are those that torch wraps for it; where a version of torch does not wrap them, they are its own.
    """

    add_param_group: Any = unwrap(torch.optim.AdamW.add_param_group)
    load_state_dict: Any = unwrap(torch.optim.AdamW.load_state_dict)
    state_dict: Any = unwrap(torch.optim.AdamW.state_dict)
    zero_grad: Any = unwrap(torch.optim.AdamW.zero_grad)
    step: Any = torch.no_grad()(_STEP)
