"""Runs the test server of `mw75_streamer`, for its own client mode, on a port; prints what it has counted at the end."""

import asyncio
import sys

import websockets
from mw75_streamer.testing.websocket_server import SimpleWebSocketServer, WebSocketTestServer


async def main():
    simple, advanced = SimpleWebSocketServer("127.0.0.1", 0), WebSocketTestServer("127.0.0.1", 0)
    async with (
        websockets.serve(simple.handle_connection, "127.0.0.1", 0) as first,
        websockets.serve(advanced.handle_client, "127.0.0.1", 0) as second,
    ):
        ports = [each.sockets[0].getsockname()[1] for each in (first, second)]
        print(f"ADDRESSES {ports[0]} {ports[1]}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        print(f"COUNTED {simple.packet_count} {advanced.packet_count} {advanced.dropped_packets}", flush=True)


asyncio.run(main())
