"""The report: one self-contained HTML page about a fitted model and data."""

from divecast.page.write import write_report

__all__ = ["write_report"]
