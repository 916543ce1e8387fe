"""HTTP service that forecasts the rows in a request; it keeps no data."""

from divecast.service.limits import ServiceLimits
from divecast.service.serve import Service, serve
from divecast.service.served import ModelFile

__all__ = ["ModelFile", "Service", "ServiceLimits", "serve"]
