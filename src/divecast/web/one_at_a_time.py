"""A listening socket that several processes share, each taking one connection in its turn."""

import socket
import sys
from multiprocessing import reduction
from typing import Any


class OneAtATime(socket.socket):
    """A listening socket: after a connection, ``accept`` says once that there is none.

    An event loop of asyncio accepts all connections that wait before it goes on, so that of several processes the first
    to wake would get those of all clients that come together, and the others none. This one goes back to its loop after
    each, and the other processes get the next. It can be sent to a process that is spawned.
    """

    _has_accepted = False

    @classmethod
    def of(cls, bound: socket.socket) -> socket.socket:
        """Take over a socket, which is detached; Windows, which hands sockets on otherwise, keeps the plain one."""
        if sys.platform == "win32":
            return bound
        return cls(bound.family, bound.type, bound.proto, fileno=bound.detach())

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection, as a plain socket does.

        Raises:
            BlockingIOError: there is none, or the last call has accepted one.
        """
        if self._has_accepted:
            self._has_accepted = False
            raise BlockingIOError
        accepted = super().accept()
        self._has_accepted = True
        return accepted

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process makes its copy."""
        return _received, (reduction.DupFd(self.fileno()), self.family, self.type, self.proto)


def _received(sent: Any, family: int, kind: int, proto: int) -> OneAtATime:
    return OneAtATime(family, kind, proto, fileno=sent.detach())
