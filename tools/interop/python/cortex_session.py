"""Drives the unmodified `cortex2` client through a session with a server whose URL, id and secret are given, and a folder to export to."""

import json
import os
import signal
import sys
import time

# The client registers this signal, which only Windows has.
if not hasattr(signal, "SIGBREAK"):
    signal.SIGBREAK = signal.SIGTERM

from cortex2 import EmotivCortex2Client

url, client_id, client_secret, folder = sys.argv[1:5]
client = EmotivCortex2Client(
    url, client_id=client_id, client_secret=client_secret, check_response=True, authenticate=True, data_deque_size=400
)
report = {"authorized": client.authorized}
report["info"] = client.get_cortex_info()
report["user"] = client.get_user_information()
report["license"] = client.get_license_info()
headset = client.query_headsets()[0]["id"]
client.connect_headset(0)
report["connected"] = list(client.connected_headsets)
report["session"] = client.create_activated_session(0)
session = report["session"]["id"]
client.create_profile("python")
client.load_profile("python", headset_id=headset)
report["profile"] = client.get_current_profile(headset_id_idx=0)
client.set_mental_command_active_action(session=session, actions=["push", "pull"])
client.get_mental_command_active_action(session=session)
report["record"] = client.create_record("from python", session_id=session, tags=["a"])
record = report["record"]["record"]["uuid"]
report["marker"] = client.inject_marker(int(time.time() * 1000), "41", "target", session_id=session)
report["stopped"] = client.stop_record("from python", session_id=session)
report["records"] = client.query_records({"keyword": "from python"})
report["infos"] = client.get_record_infos([record])
client.export_csv_v2([record], folder, ["EEG"])
client.start_training("mentalCommand", "push", session_id=session)
report["subscribed"] = client.subscribe(streams=["eeg", "mot", "com"], session_id=session)
time.sleep(2)
report["handled"] = client.subscriber_messages_handled
streams = client.data_streams[session]
report["counters"] = [sample["data"][0] for sample in streams["eeg"]]
report["motion"] = [sample["data"][0] for sample in streams["mot"]]
report["closed"] = client.close_session(session_id=session)
client.stop_subscriber()
print("REPORT " + json.dumps(report), flush=True)
os._exit(0)
