"""A listening socket that several workers share."""

import socket

import pytest

from divecast.web.one_at_a_time import OneAtATime


def test_after_each_connection_others_get_a_turn():
    bound = socket.create_server(("127.0.0.1", 0))
    address = bound.getsockname()
    with OneAtATime.of(bound) as shared:
        assert bound.fileno() == -1
        shared.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has come, which is no turn taken
            shared.accept()
        clients = [socket.create_connection(address) for _ in range(2)]
        for _ in clients:
            accepted, _ = shared.accept()
            accepted.close()
            with pytest.raises(BlockingIOError):
                shared.accept()
        for client in clients:
            client.close()
