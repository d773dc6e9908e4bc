"""Publishes as an Open Ephys GUI with the plugins ZMQ Interface and Falcon Output would: PUB, REP, and flatbuffers. Prints the
addresses as one line of JSON, and goes on until standard input ends."""

import json
import sys
import threading
import time

import flatbuffers
import numpy
import zmq

CHANNELS, COUNT, RATE = 3, 20, 1000
context = zmq.Context.instance()
stopping = threading.Event()


def bind(kind):
    socket = context.socket(kind)
    return socket, socket.bind_to_random_port("tcp://127.0.0.1")


def answer(socket):
    socket.setsockopt(zmq.RCVTIMEO, 100)
    while not stopping.is_set():
        try:
            request = json.loads(socket.recv())
        except zmq.Again:
            continue
        socket.send_string("message correctly parsed" if request["type"] == "event" else "heartbeat received")


def samples_of(block):
    n = block * COUNT + numpy.arange(COUNT)
    ramp = ((n % 1000) - 500) / 5
    return numpy.stack([numpy.sin(n), numpy.cos(n), ramp]).astype("float32")


def publish_zmq(socket, block, number):
    for channel, samples in enumerate(samples_of(block)):
        number += 1
        content = {
            "stream": "Python",
            "channel_num": channel,
            "channel_name": f"PY{channel}",
            "num_samples": COUNT,
            "sample_num": 7000 + block * COUNT,
            "sample_rate": float(RATE),
        }
        header = {"message_num": number, "type": "data", "content": content, "data_size": COUNT * 4}
        header["timestamp"] = int(time.time() * 1000)
        socket.send_multipart([b"DATA\0", json.dumps(header).encode(), samples.tobytes()])
    return number


def publish_falcon(socket, block):
    builder = flatbuffers.Builder(1024)
    samples = builder.CreateNumpyVector(samples_of(block).reshape(-1))
    codes = builder.CreateNumpyVector(numpy.full(COUNT, (block // 10) % 2, "uint16"))
    stream = builder.CreateString("Python")
    builder.StartObject(9)
    builder.PrependUOffsetTRelativeSlot(0, samples, 0)
    builder.PrependUOffsetTRelativeSlot(1, codes, 0)
    builder.PrependUOffsetTRelativeSlot(2, stream, 0)
    builder.PrependUint32Slot(3, CHANNELS, 0)
    builder.PrependUint32Slot(4, COUNT, 0)
    builder.PrependUint64Slot(5, 7000 + block * COUNT, 0)
    builder.PrependFloat64Slot(6, time.monotonic(), 0)
    builder.PrependUint64Slot(7, block + 1, 0)
    builder.PrependUint32Slot(8, RATE, 0)
    builder.Finish(builder.EndObject())
    socket.send(bytes(builder.Output()))


data, data_port = bind(zmq.PUB)
control, control_port = bind(zmq.REP)
falcon, falcon_port = bind(zmq.PUB)
ports = {"data": data_port, "control": control_port, "falcon": falcon_port}
print(json.dumps({name: f"tcp://127.0.0.1:{port}" for name, port in ports.items()}), flush=True)
answering = threading.Thread(target=answer, args=(control,))
answering.start()
threading.Thread(target=lambda: (sys.stdin.read(), stopping.set()), daemon=True).start()
number = 0
start = time.monotonic()
block = 0
while not stopping.is_set():
    time.sleep(max(0, start + (block + 1) * COUNT / RATE - time.monotonic()))
    if block > 0 and block % 150 == 0:
        # A new acquisition: its messages are counted anew, its samples go on.
        number = 0
    number = publish_zmq(data, block, number)
    publish_falcon(falcon, block)
    block += 1
answering.join()
context.destroy(linger=0)
