"""Reads a recording of the Recorder with mcap and msgpack, and its conversions with MNE and pyEDFlib; prints JSON lines."""

import json
import sys
import warnings

import mne
import msgpack
import numpy as np
import pyedflib
from mcap.reader import make_reader
from mcap.stream_reader import StreamReader

log, edf, bdf, vhdr = sys.argv[1:5]
warnings.simplefilter("ignore")
mne.set_log_level("ERROR")


def say(**facts):
    print(json.dumps(facts))


with open(log, "rb") as file:
    reader = make_reader(file, validate_crcs=True)
    rows = {}
    counts = {}
    gaps = []
    for _, channel, message in reader.iter_messages():
        counts[channel.topic] = counts.get(channel.topic, 0) + 1
        if channel.topic == "/nodeacq/gaps":
            gaps.append(json.loads(message.data))
        if channel.topic == "/raw/samples":
            block = msgpack.unpackb(message.data)
            samples = np.frombuffer(block["data"], channel.metadata["dtype"]).reshape(block["count"], -1)
            for k, sample in enumerate(samples):
                rows[block["index"] + k] = sample.tolist()
    statistics = reader.get_summary().statistics
    say(
        counts=counts,
        messages=statistics.message_count,
        chunks=statistics.chunk_count,
        gaps=gaps,
        first=min(rows),
        last=max(rows),
        rows=len(rows),
        right=all(values == [index, -index, index % 7] for index, values in rows.items()),
    )
with open(log, "rb") as file:
    say(streamed=sum(1 for record in StreamReader(file, validate_crcs=True, emit_chunks=False).records
                     if type(record).__name__ == "Message"))

for path, bits in ((edf, 16), (bdf, 24)):
    with pyedflib.EdfReader(path) as reader:
        digital = np.stack([reader.readSignal(k, digital=True) for k in range(3)], 1)
        onsets, durations, texts = reader.readAnnotations()
        say(
            bits=bits,
            labels=reader.getSignalLabels()[:3],
            rate=reader.getSampleFrequency(0),
            unit=reader.getPhysicalDimension(0),
            gain=(reader.getPhysicalMaximum(0) - reader.getPhysicalMinimum(0))
            / (reader.getDigitalMaximum(0) - reader.getDigitalMinimum(0)),
            head=digital[[1, 599]].tolist(),
            tail=digital[[650, 999]].tolist(),
            annotations=[[round(float(o), 6), str(t)] for o, t in zip(onsets, texts)],
        )
    read = mne.io.read_raw_edf if bits == 16 else mne.io.read_raw_bdf
    raw = read(path, preload=True)
    kept = raw.get_data(picks=[0], reject_by_annotation="omit")
    say(mne=bits, samples=int(raw.n_times), left_out=int(raw.n_times - kept.shape[1]), volts=float(raw.get_data(picks=[0])[0, 100]))

raw = mne.io.read_raw_brainvision(vhdr, preload=True)
say(
    brainvision=int(raw.n_times),
    rate=raw.info["sfreq"],
    volts=float(raw.get_data(picks=[0])[0, 100]),
    annotations=[[round(float(a["onset"]), 6), a["description"]] for a in raw.annotations],
)
