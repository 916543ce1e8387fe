"""Recordings one by one: their labels as read, whether they are anomalous, and why."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast._text import plural, visible
from divecast.data import Backend
from divecast.inference.results import Columns, Labels
from divecast.inference.results.columns import merged


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class RecordingSummary(Plottable):
    """Labels read from each recording next to those given, and what is anomalous about it; ``print`` has both in words.

    Attributes:
        labels: labels of recordings, with probabilities; those that are missing are filled in as read.
        n_windows: (recording,) number of windows.
        score: (recording,) mean anomaly score of its windows; NaN where it has none.
        anomalous: (recording,) share of the windows that are as anomalous as one in a hundred of the reference.
        reasons: for each recording why it is anomalous, in words; empty for most.
        compared_with: the windows that the scores refer to.
        unlearned: for each recording and factor the class that is given but not learned, so that it cannot be read;
            None for most.
        seen: whether recordings of the training part may be among them.

    Example:
        >>> summary = motion_model.recordings(recordings, every=100)
        >>> len(summary.reasons) == len(recordings.names), summary.labels.factors
        (True, ('exercise', 'side'))
    """

    labels: Labels
    n_windows: NDArray[np.int64]
    score: NDArray[np.float64]
    anomalous: NDArray[np.float64]
    reasons: tuple[tuple[str, ...], ...]
    compared_with: str
    unlearned: tuple[tuple[str | None, ...], ...]
    seen: bool

    @property
    def names(self) -> tuple[str, ...]:
        """(recording,) names."""
        recordings = self.labels.keys.recordings
        return () if recordings is None else tuple(map(str, recordings))

    def disagreements(self, factor: str | None = None) -> tuple[str, ...]:
        """Return the recordings that are read as another class than the given one, in words, the clearest first.

        Args:
            factor: of this factor; by default of all.

        Example:
            >>> all(" is given as " in text for text in summary.disagreements())
            True
        """
        found = []
        for column, (name, classes) in enumerate(zip(self.labels.factors, self.labels.classes, strict=True)):
            if factor not in (None, name):
                continue
            given, read = self.labels.given[:, column], self.labels.inferred[:, column]
            for place in np.flatnonzero((given >= 0) & (given != read)):
                of_read, of_given = (
                    float(self.labels.probabilities[column][place, each[place]]) for each in (read, given)
                )
                text = (
                    f"{self.names[place]}: {name} is given as {classes[given[place]]} ({of_given:.0%}), and read as "
                    f"{classes[read[place]]} ({of_read:.0%})"
                )
                found.append((of_read / max(of_given, 1e-9), text))
        return tuple(text for _, text in sorted(found, key=lambda each: -each[0]))

    def not_learned(self) -> tuple[str, ...]:
        """Return the recordings that are given as a class that the model has not learned, in words.

        Example:
            >>> summary.not_learned()
            ()
        """
        labels = self.labels
        return tuple(
            f"{self.names[place]}: {name} is given as {given}, which the model has not learned, and read as "
            f"{self._read(place, column)}"
            for column, name in enumerate(labels.factors)
            for place, given in enumerate(self._unlearned(column))
            if given is not None
        )

    def _read(self, place: int, column: int) -> str:
        """The class of a recording as read, with its probability."""
        labels = self.labels
        name = labels.classes[column][labels.inferred[place, column]]
        return f"{name} ({labels.probabilities[column][place].max():.0%})"

    def _unlearned(self, column: int) -> tuple[str | None, ...]:
        return tuple(of_recording[column] for of_recording in self.unlearned)

    def filled_in(self) -> tuple[str, ...]:
        """Return the recordings without a label, with the class that is read, in words.

        Example:
            >>> summary.filled_in()
            ()
        """
        labels = self.labels
        return tuple(
            f"{self.names[place]}: {name} is read as {self._read(place, column)}"
            for column, name in enumerate(labels.factors)
            for place in np.flatnonzero(labels.given[:, column] < 0).tolist()
            if self.unlearned[place][column] is None
        )

    def anomalies(self) -> tuple[str, ...]:
        """Return the anomalous recordings with their reasons, those with the highest score first.

        Example:
            >>> isinstance(summary.anomalies(), tuple)
            True
        """
        ranked = np.argsort(-np.nan_to_num(self.score, nan=-np.inf), kind="stable")
        return tuple(
            f"{self.names[place]}: {'; '.join(self.reasons[place])}" for place in ranked if self.reasons[place]
        )

    def sentences(self) -> tuple[str, ...]:
        """Return how many labels are read as given, by factor, and how many recordings are anomalous, in words.

        Example:
            >>> [text.split(":")[0] for text in summary.sentences()[:2]]
            ['exercise', 'side']
        """
        told = []
        for column, (name, share) in enumerate(self.labels.accuracy().items()):
            given = self.labels.given[:, column]
            known = given[given >= 0]
            other = sum(each is not None for each in self._unlearned(column))
            n_missing = int((given < 0).sum()) - other
            missing = f"; {plural(n_missing, 'missing label')} filled in" if n_missing else ""
            missing += f"; {other} given as a class that is not learned" if other else ""
            if len(known):
                usual = np.bincount(known).max() / len(known)
                told.append(
                    f"{name}: {round(share * len(known))} of {plural(len(known), 'recording')} are read as given "
                    f"({share:.0%}; always the most frequent class: {usual:.0%}){missing}"
                )
            else:
                told.append(f"{name}: no recording has this label{missing}")
        if self.seen:
            told.append(
                "The training part may be among these recordings, and the model was fitted to tell its labels: those "
                "that were held out show how others are read"
            )
        n = sum(map(bool, self.reasons))
        return (*told, f"{n} of {plural(len(self.names), 'recording')} are anomalous, next to {self.compared_with}")

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return one row per recording.

        Columns: ``recording``, ``windows``, for each factor the class as read (``side``), its probability
        (``side_probability``), the class in the data (``side_given``) and its probability (``side_given_probability``),
        ``score`` (mean anomaly score), ``anomalous`` (share of the windows) and ``reasons``.

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Example:
            >>> list(summary.frame(backend="pandas").columns[:3])
            ['recording', 'windows', 'exercise']
        """
        labels = self.labels
        columns: Columns = {name: column for name, column in labels.keys.columns("end", 0).items() if name != "end"}
        columns = merged(columns, {"windows": self.n_windows})
        for i, (name, classes) in enumerate(zip(labels.factors, labels.classes, strict=True)):
            texts = np.array([*classes, None], dtype=object)  # index -1 is None
            given, shares = labels.given[:, i], labels.probabilities[i]
            of_given = np.where(given >= 0, shares[np.arange(len(given)), given], np.nan)
            of_factor: Columns = {
                name: texts[labels.inferred[:, i]],
                f"{name}_probability": shares.max(axis=1),
                f"{name}_given": np.where(given >= 0, texts[given], np.array(self._unlearned(i), dtype=object)),
                f"{name}_given_probability": of_given,
            }
            columns = merged(columns, of_factor)
        reasons = np.array(["; ".join(each) for each in self.reasons], dtype=object)
        columns = merged(columns, {"score": self.score, "anomalous": self.anomalous, "reasons": reasons})
        return labels.keys.frame(columns, backend)

    def __str__(self) -> str:
        """Return the summary in words."""
        parts = [*self.sentences()]
        for title, texts in (
            ("Read as another class", self.disagreements()),
            ("Given as a class that is not learned", self.not_learned()),
            ("Filled in", self.filled_in()),
            ("Anomalous", self.anomalies()),
        ):
            parts += [f"{title}:", *(f"  {text}" for text in texts)] if texts else []
        return visible("\n".join(parts))
