"""Baselines: simple forecasters that every model is compared with, on the same windows."""

from divecast.baselines.contract import Baseline
from divecast.baselines.linear import PerChannelRidge
from divecast.baselines.naive import LastValue, SeasonalNaive

__all__ = ["Baseline", "LastValue", "PerChannelRidge", "SeasonalNaive"]
