"""How many connections one turn of the loop accepts."""

import asyncio
import socket

import uvloop

from ijaa.shared.boot import ACCEPTS, bind, looked_at_often

CLIENTS = 64


def test_a_busy_loop_accepts_many_connections_in_a_turn() -> None:
    # mutant: give the server its socket once, of which libuv accepts one in each turn
    assert uvloop.run(_turns(workers=1)) <= CLIENTS // ACCEPTS + 4
    assert uvloop.run(_turns(workers=4)) <= CLIENTS * 4 // ACCEPTS + 4


async def _turns(workers: int) -> int:
    """Return how often a loop turns until it has accepted those who had come before."""
    loop, accepted, turns = asyncio.get_running_loop(), 0, 0

    class Accepted(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            nonlocal accepted
            accepted += 1
            transport.close()

    with bind("127.0.0.1", 0) as listening, looked_at_often(listening, workers) as sockets:
        clients = [socket.create_connection(listening.getsockname()) for _ in range(CLIENTS)]
        servers = [await loop.create_server(Accepted, sock=one) for one in sockets]
        while accepted < CLIENTS:
            turns += 1
            await asyncio.sleep(0)
            assert turns < 10_000
        for server in servers:
            server.close()
        for client in clients:
            client.close()
    return turns
