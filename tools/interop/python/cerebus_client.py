"""Receives group 5 of an instrument with the unmodified pycbsdk: cerebus_client.py INSTRUMENT_PORT PORT"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
from pycbsdk import cbsdk  # noqa: E402

SECONDS = 1.0


def main(instrument_port, port):
    params = cbsdk.create_params(
        inst_addr="127.0.0.1",
        inst_port=instrument_port,
        client_addr="127.0.0.1",
        client_port=port,
        protocol="4.1",
    )
    device = cbsdk.get_device(params)
    run_level = cbsdk.connect(device)
    config = cbsdk.get_config(device)
    rows = []
    cbsdk.register_group_callback(
        device, 5, lambda packet: rows.append((packet.header.time, [int(value) for value in packet.data]))
    )
    time.sleep(SECONDS)
    cbsdk.disconnect(device)
    infos = config["channel_infos"]
    report = {
        "runLevel": int(run_level),
        "frequency": config["sysfreq"],
        "isGemini": config["b_gemini"],
        "groups": {group: sorted(int(each) for each in channels) for group, channels in config["group_infos"].items()},
        "labels": [infos[channel].label.decode() for channel in sorted(infos)],
        "sampleGroups": [infos[channel].smpgroup for channel in sorted(infos)],
        "scales": [[infos[channel].scalin.digmax, infos[channel].scalin.anamax] for channel in sorted(infos)],
        "times": [row[0] for row in rows],
        "ramp": [row[1][3] for row in rows],
    }
    print("REPORT " + json.dumps(report))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
