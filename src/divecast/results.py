"""All result types: each has ``frame()``, a table, and ``plot()``, a figure.

``Observation`` and ``TrackRecord`` have no ``plot()``; ``Narrative`` is a text with its facts, and has neither.
``AnomalousWindow``, ``Contrast``, ``EffectCurve``, ``EpochRecord``, ``Finding``, ``LabelDisagreement`` and
``SeriesRecord`` are rows of such results.
"""

from divecast.explain.anomalies.anomalies import Anomalies
from divecast.explain.anomalies.anomaly_reasons import AnomalousWindow
from divecast.explain.anomalies.label_disagreements import LabelDisagreement
from divecast.explain.attribution.attribution import Attribution
from divecast.explain.attribution.values import ValueAttribution
from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.explain.counterfactuals.traversal import Traversal
from divecast.explain.diagnosis.diagnosis import Diagnosis, Finding
from divecast.explain.effects.curves import EffectCurve, EffectCurves
from divecast.explain.narrative.narrative import Narrative
from divecast.explain.recordings.comparison import Comparison, Contrast
from divecast.explain.recordings.summary import RecordingSummary
from divecast.fit.proposals.proposal import FactorProposal, ProposedClass
from divecast.fit.proposals.shuffles import AgainstShuffled
from divecast.inference.evaluation import Evaluation
from divecast.inference.observe import Observation
from divecast.inference.results import Codes, Forecast, ForecastParts, Labels, Reconstruction, Samples
from divecast.inference.track_record import SeriesRecord, TrackRecord
from divecast.selection import Backtest, SearchResult
from divecast.train.history import EpochRecord, History

__all__ = [
    "AgainstShuffled",
    "Anomalies",
    "AnomalousWindow",
    "Attribution",
    "Backtest",
    "Codes",
    "Comparison",
    "Contrast",
    "Counterfactual",
    "Diagnosis",
    "EffectCurve",
    "EffectCurves",
    "EpochRecord",
    "Evaluation",
    "FactorProposal",
    "Finding",
    "Forecast",
    "ForecastParts",
    "History",
    "LabelDisagreement",
    "Labels",
    "Narrative",
    "Observation",
    "ProposedClass",
    "Reconstruction",
    "RecordingSummary",
    "Samples",
    "SearchResult",
    "SeriesRecord",
    "TrackRecord",
    "Traversal",
    "ValueAttribution",
]
