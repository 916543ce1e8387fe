"""One self-contained HTML page on what a fitted model makes of data."""

from divecast.page.write import write_report

__all__ = ["write_report"]
