"""Fits that are tried out: a model backtested over time or over recordings, and settings searched by validation."""

from divecast.selection.backtest import Backtest, backtest
from divecast.selection.search import Search, search

__all__ = ["Backtest", "Search", "backtest", "search"]
