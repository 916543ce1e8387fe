"""What HTTP servers have in common: access, limits of connections, a pool that computes, refusals and answers."""

from divecast.web.access import AccessRules
from divecast.web.listen import open_socket

__all__ = ["AccessRules", "open_socket"]
