"""A listening socket that several processes share, such that each has about as many connections as the others."""

import socket
import sys
from functools import cached_property
from multiprocessing import reduction
from typing import Any
from weakref import WeakSet

_MOST_PAUSES = 64  # turns of a loop, some milliseconds


class OneAtATime(socket.socket):
    """A listening socket: after a connection, ``accept`` says some times that there is none.

    An event loop of asyncio accepts all connections that wait before it goes on, so that of several processes the first
    to wake would get those of all clients that come together, and the others none. This one goes back to its loop after
    each, the more often the more connections it has, and the other processes get the next. It can be sent to a process
    that is spawned.
    """

    _pause = 0

    @classmethod
    def of(cls, bound: socket.socket) -> socket.socket:
        """Take over a socket, which is detached; Windows, which hands sockets on otherwise, keeps the plain one."""
        if sys.platform == "win32":
            return bound
        return cls(bound.family, bound.type, bound.proto, fileno=bound.detach())

    @cached_property
    def _open(self) -> WeakSet[socket.socket]:
        return WeakSet()

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection, as a plain socket does.

        Raises:
            BlockingIOError: there is none, or it is the turn of others.
        """
        if self._pause:
            self._pause -= 1
            raise BlockingIOError
        connection, address = super().accept()
        self._open.add(connection)
        self._pause = min(_MOST_PAUSES, sum(each.fileno() >= 0 for each in self._open))
        return connection, address

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process makes its copy."""
        return _received, (reduction.DupFd(self.fileno()), self.family, self.type, self.proto)


def _received(sent: Any, family: int, kind: int, proto: int) -> OneAtATime:
    return OneAtATime(family, kind, proto, fileno=sent.detach())
