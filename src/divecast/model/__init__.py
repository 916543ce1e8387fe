"""The network: from windows to distributions.

These names are public: studies and other packages may import them from here.
"""

from divecast.model.competing_kernels import CompetingKernels
from divecast.model.encoder import ClassEncoder
from divecast.model.fusion import Fusion
from divecast.model.linear.label_covariates import label_covariates, recurring_pairs
from divecast.model.marginal import Clamped, MarginalCode
from divecast.model.movement import Movement
from divecast.model.network import Dimensions, Network
from divecast.model.random_convolutions import RandomConvolutions

__all__ = [
    "Clamped",
    "ClassEncoder",
    "CompetingKernels",
    "Dimensions",
    "Fusion",
    "MarginalCode",
    "Movement",
    "Network",
    "RandomConvolutions",
    "label_covariates",
    "recurring_pairs",
]
