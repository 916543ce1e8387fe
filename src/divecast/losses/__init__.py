"""Losses: from distributions to scalars.

These names are public: studies and other packages may import them from here.
"""

from divecast.losses.batch_terms import conditional_terms
from divecast.losses.terms import negative_log_likelihood

__all__ = [
    "conditional_terms",
    "negative_log_likelihood",
]
