"""
Serves a headset with the unmodified server of `mw75_streamer`, whose Bluetooth layers alone are replaced: discovery answers
after 50 ms with a battery of 85 percent, and the data link gives packets that are read by its own parser. Prints its
address; `drop` on standard input ends the data link.
"""

import asyncio
import struct
import sys

import websockets
from mw75_streamer.data import packet_processor
from mw75_streamer.server import ws_server

links = []


def packet(counter):
    values = [100.0 * (k + 1) + counter for k in range(12)]
    body = struct.pack("<BBBB14fB", 0xAA, 239, 0x3C, counter % 256, 123.5, -67.25, *values, 0)
    return body + struct.pack("<H", sum(body) & 0xFFFF)


class Ble:
    def __init__(self):
        self.battery_level = None

    async def discover_and_activate(self):
        await asyncio.sleep(0.05)
        self.battery_level = 85
        return "MW75 Neuro"

    async def disconnect_after_activation(self):
        pass


class Rfcomm:
    def __init__(self, _name, callback):
        self.callback = callback
        self.should_stop = False
        links.append(self)

    def connect(self):
        return True

    def stop(self):
        self.should_stop = True


class Device:
    def __init__(self, callback, setup_signal_handler=True):
        self.data_callback = callback
        self.ble_manager = Ble()
        self.rfcomm_manager = None

    async def cleanup(self):
        self.ble_manager.battery_level = None


class Server(ws_server.MW75WebSocketServer):
    async def _run_rfcomm_streaming(self):
        """Takes the place of the run loop of macOS."""
        link = self.device.rfcomm_manager
        counter = 0
        while not link.should_stop:
            data = b"".join(packet(counter + k) for k in range(5))
            counter += 5
            for at in range(0, len(data), 64):
                link.callback(data[at : at + 64])
            await asyncio.sleep(0.01)


async def read_orders():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        if line.strip() == b'"drop"':
            for link in links:
                link.stop()


async def main():
    ws_server.MW75Device = Device
    ws_server.RFCOMMManager = Rfcomm
    ws_server.PacketProcessor = packet_processor.PacketProcessor
    ws_server.EEGPacket = packet_processor.EEGPacket
    server = Server("127.0.0.1", 0)
    async with websockets.serve(server._handle_client, "127.0.0.1", 0) as listening:
        print(f"ADDRESS ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
        await read_orders()


asyncio.run(main())
