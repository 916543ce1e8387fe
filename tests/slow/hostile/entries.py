"""All public entries under hostile input: what is drawn for each, and its share of a run."""

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

from slow.hostile import asking, commands, fits, reading, settings


class Entry(NamedTuple):
    """A public entry.

    Attributes:
        what: is tried, in words.
        attempts: to judge, one an example.
        short: examples with the tests.
        share: of the examples of a long run.
    """

    what: str
    attempts: st.SearchStrategy[Callable[[], None]]
    short: int
    share: float


ENTRIES = (
    Entry("wide tables", reading.from_wide(), 40, 0.08),
    Entry("long tables", reading.from_long(), 40, 0.08),
    Entry("what is known beside the values", reading.known(), 60, 0.04),
    Entry("CSV and Parquet files, stores of them", reading.from_file(), 30, 0.08),
    Entry("arrays, and stores of them", reading.from_array(), 40, 0.08),
    Entry("recordings", reading.recordings(), 40, 0.06),
    Entry("factors, splits and labels", reading.factors(), 30, 0.08),
    Entry("objects that are not tables", reading.anything(), 20, 0.02),
    Entry("groups of settings", settings.groups(), 30, 0.04),
    Entry("arguments of a model", settings.arguments(), 30, 0.04),
    Entry("settings files and --set", settings.toml(), 20, 0.04),
    Entry("fit, save, load", fits.fit(), 16, 0.04),
    Entry("forecast", asking.forecast(), 30, 0.08),
    Entry("encode, infer_labels, reconstruct", asking.codes(), 20, 0.04),
    Entry("evaluate", asking.evaluate(), 20, 0.03),
    Entry("what_if, swap_codes", asking.what_if(), 20, 0.04),
    Entry("traverse", asking.traverse(), 20, 0.03),
    Entry("why, anomalies, check, sample", asking.reasons(), 20, 0.04),
    Entry("command line", commands.command(), 15, 0.03),
    Entry("HTTP", commands.request(), 25, 0.03),
)
