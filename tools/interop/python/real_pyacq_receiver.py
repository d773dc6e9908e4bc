"""An InputStream of the real pyacq for the benchmarks: needs pyacq on PYTHONPATH. Lines of JSON on stdin: first the
params of the output, then orders; see real_pyacq_sender.py."""

import json
import struct
import sys
import time

import zmq
from pyacq.core.stream import InputStream

zmq.Context.instance().rcvhwm = 0

params = json.loads(sys.stdin.readline())
stream = InputStream()
stream.connect(params)
print('{}', flush=True)

for line in sys.stdin:
    order = json.loads(line)
    if 'wait' in order:
        stream.recv(return_data=True)
        print('{}', flush=True)
        continue
    while stream.poll(50):  # greetings
        stream.recv(return_data=True)
    print('{}', flush=True)
    chunks = wrong = 0
    latencies = []
    while True:
        _, data = stream.recv(return_data=True)
        if len(data) == 1:
            break
        memory = memoryview(data).cast('B')
        sent, number = struct.unpack_from('<dI', memory)
        (again,) = struct.unpack_from('<I', memory, len(memory) - 4)
        if number != chunks or again != chunks:
            wrong += 1
        else:
            latencies.append(time.monotonic_ns() / 1000 - sent)
        chunks += 1
    report = {'chunks': chunks, 'wrong': wrong, 'latencies': latencies, 'endedAt': time.monotonic_ns() / 1000}
    print(json.dumps(report), flush=True)

stream.close()
