"""The tables of the paper, made again: data sets as cases, every arm on every case, figures."""

from divecast.jobs.contract import JobProgress
from divecast.reproduce.reproduction import Reproduction, reproduce

__all__ = ["JobProgress", "Reproduction", "reproduce"]
