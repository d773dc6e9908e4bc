"""The client of pytia's README, unmodified, against the server on a port; tells what it got as one line of JSON.

    python tia_client.py PORT PACKETS
"""

import json
import sys

from pytia import TiAClient

address = "127.0.0.1"
port, wanted = int(sys.argv[1]), int(sys.argv[2])

client = TiAClient(address, port)
report = {"connected": client.connect(), "version": client.cmd_check_protocol_version()}
client.cmd_get_metainfo()
status, data_port = client.cmd_get_data_connection_tcp()
report["dataConnection"] = status
report["started"] = client.start_streaming_data_tcp(address, data_port)

packets = []
while len(packets) < wanted:
    packets.extend(client.get_data())
report["stopped"] = client.stop_streaming_data()
client.disconnect()

report["packets"] = [
    {
        "number": packet.packet_number,
        "id": packet.packet_id,
        "timestamp": packet.timestamp,
        "channels": packet.channels,
        "blockSizes": packet.blocksizes,
        "signals": packet.signals,
        "second": packet.get_channel(0, 1),
    }
    for packet in packets
]
print("REPORT " + json.dumps(report))
