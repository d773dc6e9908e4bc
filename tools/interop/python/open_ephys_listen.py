"""Listens to all three plugins of an Open Ephys GUI as programs of others do: ZMQ Interface with SUB and REQ, Falcon Output
with the flatbuffers library, Event Broadcaster with the EventListener of open-ephys-python-tools, unmodified. Arguments: their
addresses (ZMQ Interface, its requests, Falcon Output, Event Broadcaster). Prints a line that begins with REPORT."""

import contextlib
import io
import json
import sys
import threading

import flatbuffers
import numpy
import zmq
from flatbuffers import number_types
from open_ephys.streaming import EventListener

data_url, control_url, falcon_url, events_url = sys.argv[1:5]
context = zmq.Context.instance()


def subscribe(url):
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    socket.setsockopt(zmq.RCVTIMEO, 10_000)
    socket.connect(url)
    return socket


def listen_zmq():
    requests = context.socket(zmq.REQ)
    requests.setsockopt(zmq.RCVTIMEO, 10_000)
    requests.connect(control_url)
    who = {"application": "Plot Process", "uuid": "1d0ba5f8-14b1-4a2e-9a7c-6c9f4c7f2e10"}
    answers = []
    event = {"type": 3, "sample_num": 0, "event_id": 1, "event_channel": 5}
    for request in ({**who, "type": "heartbeat"}, {**who, "type": "event", "event": event}):
        requests.send(json.dumps(request).encode())
        answers.append(requests.recv().decode())
    requests.send(b"{not json")
    answers.append(requests.recv().decode())
    socket = subscribe(data_url)
    numbers, channels, ramp, kinds, ttl, spike = [], set(), [], {}, None, None
    while len(ramp) < 700 or ttl is None or spike is None:
        frames = socket.recv_multipart()
        header = json.loads(frames[1].decode("utf-8"))
        numbers.append(header["message_num"])
        kinds[header["type"]] = frames[0].decode()
        if header["type"] == "data":
            content = header["content"]
            samples = numpy.frombuffer(frames[2], dtype=numpy.float32)
            assert len(samples) == content["num_samples"] and header["data_size"] == len(frames[2])
            channels.add((content["channel_num"], content["channel_name"]))
            if content["channel_num"] == 3:
                ramp += [(content["sample_num"] + k, float(value)) for k, value in enumerate(samples)]
        elif header["type"] == "event":
            line = int(numpy.frombuffer(frames[2], dtype=numpy.uint8)[0])
            word = int(numpy.frombuffer(frames[2], dtype=numpy.uint64, offset=2)[0])
            ttl = [header["content"]["type"], line, frames[2][1], word, header["content"]["sample_num"]]
        else:
            content = header["spike"]
            wave = numpy.frombuffer(frames[2], dtype=numpy.float32)
            spike = [content["electrode"], len(wave) == content["num_channels"] * content["num_samples"], float(wave.min())]
    steps = sorted({b - a for a, b in zip(numbers, numbers[1:])})
    return {"answers": answers, "steps": steps, "channels": sorted(channels), "ramp": ramp, "kinds": kinds, "ttl": ttl, "spike": spike}


def listen_falcon():
    socket = subscribe(falcon_url)
    ids, blocks = [], []
    for _ in range(10):
        message = bytearray(socket.recv())
        root = flatbuffers.encode.Get(flatbuffers.packer.uoffset, message, 0)
        table = flatbuffers.table.Table(message, root)
        at = [table.Offset(4 + 2 * slot) for slot in range(9)]

        def number(slot, flags):
            return table.Get(flags, at[slot] + table.Pos) if at[slot] else 0

        samples = table.GetVectorAsNumpy(number_types.Float32Flags, at[0])
        codes = table.GetVectorAsNumpy(number_types.Uint16Flags, at[1])
        count = number(4, number_types.Uint32Flags)
        shape = (number(3, number_types.Uint32Flags), count)
        ids.append(number(7, number_types.Uint64Flags))
        blocks.append(
            {
                "stream": table.String(at[2] + table.Pos).decode(),
                "rate": number(8, number_types.Uint32Flags),
                "sample": number(5, number_types.Uint64Flags),
                "time": number(6, number_types.Float64Flags),
                "ramp": samples.reshape(shape)[-1].tolist(),
                "codes": sorted(set(codes.tolist())),
                "fits": len(codes) == count,
            }
        )
    return {"ids": ids, "blocks": blocks}


def listen_events():
    events = []
    enough = threading.Event()

    def note(info):
        events.append(info)
        if {event["event_type"] for event in events} == {"ttl", "spike"}:
            enough.set()

    with contextlib.redirect_stdout(io.StringIO()):
        address, port = events_url.removeprefix("tcp://").rsplit(":", 1)
        listener = EventListener(address, int(port))
        thread = threading.Thread(target=listener.start, args=(note, note), daemon=True)
        thread.start()
        enough.wait(20)
        listener.stop()
        thread.join()
    return events


print("REPORT " + json.dumps({"zmq": listen_zmq(), "falcon": listen_falcon(), "events": listen_events()}), flush=True)
