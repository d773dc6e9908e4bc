"""Reads folders of Open Ephys and SpikeGLX with neo and open-ephys-python-tools; prints one JSON line for each reader."""

import json
import sys
import warnings

import numpy as np
from neo.rawio import OpenEphysBinaryRawIO, SpikeGLXRawIO
from open_ephys.analysis import Session

warnings.simplefilter("ignore")


def say(**facts):
    print(json.dumps(facts))


def segments_of(reader):
    """For each segment and stream: where it starts, how much it has, and its first and last sample in the unit of the channels."""
    told = []
    for segment in range(reader.segment_count(0)):
        for k, stream in enumerate(reader.header["signal_streams"]):
            size = reader.get_signal_size(0, segment, k)
            raw = reader.get_analogsignal_chunk(0, segment, 0, size, k)
            scaled = reader.rescale_signal_raw_to_float(raw, dtype="float64", stream_index=k)
            channels = reader.header["signal_channels"]
            channels = channels[channels["stream_id"] == stream["id"]]
            told.append(
                dict(
                    segment=segment,
                    stream=str(stream["name"]),
                    start=round(float(reader.get_signal_t_start(0, segment, k)), 9),
                    rate=float(reader.get_signal_sampling_rate(k)),
                    size=int(size),
                    names=[str(name) for name in channels["name"]],
                    units=sorted({str(unit) for unit in channels["units"]}),
                    first=np.round(scaled[0], 6).tolist(),
                    last=np.round(scaled[-1], 6).tolist(),
                )
            )
    return told


def events_of(reader):
    told = []
    for segment in range(reader.segment_count(0)):
        for k, channel in enumerate(reader.header["event_channels"]):
            times, durations, labels = reader.get_event_timestamps(0, segment, k)
            seconds = reader.rescale_event_timestamp(times, "float64", k)
            for at, label, duration in zip(seconds, labels, durations if durations is not None else [None] * len(labels)):
                told.append([segment, str(channel["name"]), round(float(at), 6), str(label),
                             None if duration is None else round(float(duration), 6)])
    return told


open_ephys, concatenated, filled, spikeglx = sys.argv[1:5]

reader = OpenEphysBinaryRawIO(dirname=open_ephys)
reader.parse_header()
say(reader="neo open ephys", segments=segments_of(reader), events=events_of(reader))

session = Session(open_ephys)
recordings = session.recordnodes[0].recordings
told = []
for recording in recordings:
    streams = []
    for continuous in recording.continuous:
        rows = continuous.samples.shape[0]
        streams.append(
            dict(
                name=continuous.metadata.stream_name,
                rate=continuous.metadata.sample_rate,
                names=continuous.metadata.channel_names,
                numbers=[int(continuous.sample_numbers[0]), int(continuous.sample_numbers[-1]), len(continuous.sample_numbers)],
                times=[float(continuous.timestamps[0]), float(continuous.timestamps[-1])],
                rows=rows,
                first=np.round(continuous.get_samples(0, 1)[0], 6).tolist(),
            )
        )
    events = recording.events
    messages = recording.messages
    told.append(
        dict(
            streams=streams,
            events=[] if events is None else events[["line", "sample_number", "state", "stream_name"]].values.tolist(),
            messages=[] if messages is None else messages[["sample_number", "message"]].values.tolist(),
        )
    )
say(reader="open-ephys-python-tools", recordings=told)

for path in (concatenated, filled):
    reader = OpenEphysBinaryRawIO(dirname=path)
    reader.parse_header()
    say(reader="neo open ephys", segments=segments_of(reader))

reader = SpikeGLXRawIO(dirname=spikeglx)
reader.parse_header()
say(reader="neo spikeglx", segments=segments_of(reader), events=events_of(reader))
