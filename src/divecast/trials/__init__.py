"""Fits that are tried out: a model backtested over time or over recordings, and settings searched by validation."""

from divecast.trials.backtest import Backtest, backtest
from divecast.trials.search import Search, search

__all__ = ["Backtest", "Search", "backtest", "search"]
