"""Model selection: backtests over time or over recordings, and searches for the best settings."""

from divecast.selection.backtest import Backtest, Spread, backtest
from divecast.selection.run_trials import FinishedTrial
from divecast.selection.search import Candidate, SearchResult, search
from divecast.selection.space import Between

__all__ = ["Backtest", "Between", "Candidate", "FinishedTrial", "SearchResult", "Spread", "backtest", "search"]
