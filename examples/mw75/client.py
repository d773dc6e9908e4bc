"""
A client of an MW75 server in Python, as the manual of mw75-streamer has it: connects the headset, takes packets, disconnects it
and tells what it saw.

    npx nodeacq simulate mw75
    python examples/mw75/client.py ws://127.0.0.1:8080 300
"""

import asyncio
import json
import sys
import uuid

import websockets


async def main(uri, count):
    report = {"states": [], "counters": [], "logs": 0, "errors": [], "battery": None}
    async with websockets.connect(uri) as ws:

        async def send(kind, data):
            await ws.send(json.dumps({"id": str(uuid.uuid4()), "type": kind, "data": data}))

        await send("connect", {"auto_reconnect": True, "log_level": "INFO"})
        async for message in ws:
            data = json.loads(message)
            kind = data["type"]
            if kind == "eeg_data":
                assert sorted(data["data"]["channels"]) == sorted(f"ch{k + 1}" for k in range(12))
                report["counters"].append(data["data"]["counter"])
                if len(report["counters"]) == count:
                    await send("disconnect", {})
            elif kind == "status":
                report["states"].append(data["data"]["state"])
                report["battery"] = data["data"]["battery_level"] or report["battery"]
                if data["data"]["state"] == "idle" and report["counters"]:
                    break
            elif kind == "log":
                report["logs"] += 1
            elif kind == "error":
                report["errors"].append(data["data"]["code"])
    print("REPORT " + json.dumps(report))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
