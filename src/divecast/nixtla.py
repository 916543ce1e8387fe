"""DeepDIVE by the interface of Nixtla's libraries: long tables in and out, levels in percent."""

from divecast.interfaces.nixtla import DivecastForecaster

__all__ = ["DivecastForecaster"]
