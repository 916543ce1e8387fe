"""Data: panels and recordings read, split, labelled, scaled and cut into windows; and tables written.

Imports run one way. ``names`` (checks of names) is lowest; ``factors``, ``covariates``, ``time`` (stamps, clocks) and
``source`` (what panels and recordings share) stand on it. Then come ``tables`` (columns read and written), ``sources``
(Panel, Recordings and stores) and ``parts`` (training, validation and test part), ``labels`` (class indices),
``windows`` (scaled batches) and ``future`` (rows known ahead). At the top, ``datasets`` loads what ships with the
package, and ``reading`` turns whatever a user passes into a source.
"""

from divecast.data.as_read import Backend
from divecast.data.covariates import Covariate, as_covariates
from divecast.data.factors import Calendar, Factor, Label, as_factors, as_name
from divecast.data.future import add_future, at_least, n_future, past_rows
from divecast.data.labels.encode import check_known, check_seen, encode_labels, encode_series_labels, fit_vocabularies
from divecast.data.labels.vocabulary import Vocabulary
from divecast.data.parts import ByGroup, ByRecording, ByTime, Part, Parts, Split, split
from divecast.data.reading import as_panel, read_source
from divecast.data.source import Source
from divecast.data.sources.align import align
from divecast.data.sources.fingerprints import fingerprints
from divecast.data.sources.panel import Panel
from divecast.data.sources.recordings import Recordings
from divecast.data.sources.store import open_store, write_store
from divecast.data.sources.store_parquet import store_from_parquet
from divecast.data.tables.frames import to_frame, write_frame, write_frames
from divecast.data.tables.read import read_table
from divecast.data.text_format import TextFormat
from divecast.data.time.business_days import BusinessDays
from divecast.data.time.calendar import CALENDAR_CLASSES, calendar_codes
from divecast.data.time.clock import Clock, seasons
from divecast.data.time.regular import infer_clock
from divecast.data.windows.scale import Scale, fit_scale
from divecast.data.windows.windows import Windows, WindowShape

__all__ = [
    "CALENDAR_CLASSES",
    "Backend",
    "BusinessDays",
    "ByGroup",
    "ByRecording",
    "ByTime",
    "Calendar",
    "Clock",
    "Covariate",
    "Factor",
    "Label",
    "Panel",
    "Part",
    "Parts",
    "Recordings",
    "Scale",
    "Source",
    "Split",
    "TextFormat",
    "Vocabulary",
    "WindowShape",
    "Windows",
    "add_future",
    "align",
    "as_covariates",
    "as_factors",
    "as_name",
    "as_panel",
    "at_least",
    "calendar_codes",
    "check_known",
    "check_seen",
    "encode_labels",
    "encode_series_labels",
    "fingerprints",
    "fit_scale",
    "fit_vocabularies",
    "infer_clock",
    "n_future",
    "open_store",
    "past_rows",
    "read_source",
    "read_table",
    "seasons",
    "split",
    "store_from_parquet",
    "to_frame",
    "write_frame",
    "write_frames",
    "write_store",
]
