"""Who races: the names of the entries, their module, and the environment they run in."""

from dataclasses import dataclass
from typing import Literal

from divecast.errors import ConfigError
from research.race.entries.deepdive_settings import SETTINGS
from research.race.entries.naive import PERIODS
from research.race.tracks import Track

Environment = Literal["divecast", "rivals"]
Data = Literal["panels", "recordings", "both"]

_EVERYWHERE = ("nlinear", "dlinear", "nhits", "nhits-quantiles", "tsmixer", "patchtst")
_PANELS = ("tsmixerx", "itransformer", "tide", "softs", "xlinear")


@dataclass(frozen=True, slots=True)
class Racer:
    """An entry.

    Attributes:
        name: on the command line and the page.
        module: of ``research.race.entries``.
        environment: whose python runs it.
        tracks: that it runs on; None: all.
        data: whether it runs on panels, recordings or both.
        extra: runs only when named.
    """

    name: str
    module: str
    environment: Environment
    tracks: tuple[str, ...] | None = None
    data: Data = "panels"
    extra: bool = False

    def runs_on(self, track: Track) -> bool:
        """Whether the entry runs on a track."""
        kind = "panels" if track.people is None else "recordings"
        return self.data in (kind, "both") and (self.tracks is None or track.name in self.tracks)


def _data(name: str) -> Data:
    return "recordings" if name == "divecast-no-cycles" else "panels"


ROSTER = {
    racer.name: racer
    for racer in (
        Racer("divecast", "deepdive", "divecast", data="both"),
        *(Racer(name, "deepdive", "divecast", data=_data(name), extra=True) for name in SETTINGS if name != "divecast"),
        Racer("last-value", "naive", "divecast", data="both"),
        *(Racer(name, "naive", "divecast") for name in PERIODS if name != "last-value"),
        Racer("nearest-cycle", "cycle", "divecast", data="recordings"),
        Racer("ridge", "ridge", "divecast", data="both"),
        Racer("lightgbm", "boosted", "rivals"),
        *(Racer(name, "neural", "rivals", data="both") for name in _EVERYWHERE),
        *(Racer(name, "neural", "rivals") for name in _PANELS),
        Racer("nhits-calendar", "neural", "rivals", extra=True),
        Racer("tide-calendar", "neural", "rivals", extra=True),
        Racer("tft-calendar", "neural", "rivals", extra=True),
        Racer("tsmixer-public", "neural_public", "rivals", tracks=("eia",)),
    )
}


def chosen(names: list[str] | None) -> list[Racer]:
    """Return the entries named, or all that are no extras; divecast first, whose fit time the others may use.

    Raises:
        ConfigError: a name is unknown.
    """
    unknown = [name for name in names or () if name not in ROSTER]
    if unknown:
        raise ConfigError(f"expected entries out of {list(ROSTER)}, got {unknown}")
    return [racer for racer in ROSTER.values() if (racer.name in names if names else not racer.extra)]
