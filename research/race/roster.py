"""Who races: the names of the entries, their module, and the environment they run in."""

from dataclasses import dataclass
from typing import Literal

from divecast.errors import ConfigError
from research.race.entries.deepdive_settings import SETTINGS
from research.race.entries.naive import PERIODS

Environment = Literal["divecast", "rivals"]

_LINEAR = ("nlinear", "dlinear")
_DEEP = ("nhits", "tsmixer", "tsmixerx", "itransformer", "patchtst", "tide", "softs", "xlinear")


@dataclass(frozen=True, slots=True)
class Racer:
    """An entry.

    Attributes:
        name: on the command line and the page.
        module: of ``research.race.entries``.
        environment: whose python runs it.
        tracks: that it runs on; None: all.
        extra: runs only when named.
    """

    name: str
    module: str
    environment: Environment
    tracks: tuple[str, ...] | None = None
    extra: bool = False

    def runs_on(self, track: str) -> bool:
        """Whether the entry runs on a track."""
        return self.tracks is None or track in self.tracks


ROSTER = {
    racer.name: racer
    for racer in (
        *(Racer(name, "deepdive", "divecast", extra=name != "divecast") for name in SETTINGS),
        *(Racer(name, "naive", "divecast") for name in PERIODS),
        Racer("ridge", "ridge", "divecast"),
        Racer("lightgbm", "boosted", "rivals"),
        *(Racer(name, "neural", "rivals") for name in (*_LINEAR, *_DEEP)),
        Racer("nhits-quantiles", "neural", "rivals"),
        Racer("nhits-calendar", "neural", "rivals", extra=True),
        Racer("tide-calendar", "neural", "rivals", extra=True),
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
