"""An OutputStream of the real pyacq for the benchmarks: needs pyacq on PYTHONPATH. Lines of JSON on stdin: first its
params, then orders; each is answered with a line. What chunks contain is described in tools/bench/stream/stamp.ts; one
of a single sample is a greeting, or the end of a run."""

import json
import struct
import sys
import time

import numpy as np
import zmq
from pyacq.core.stream import OutputStream

zmq.Context.instance().sndhwm = 0  # nothing is dropped

params = json.loads(sys.stdin.readline())
output = OutputStream()
output.configure(**params)
print(json.dumps(output.params), flush=True)
single = np.zeros([1] + params['shape'][1:], params['dtype'])


def stamp(memory, number):
    struct.pack_into('<I', memory, len(memory) - 4, number)
    struct.pack_into('<dI', memory, 0, time.monotonic_ns() / 1000, number)


for line in sys.stdin:
    order = json.loads(line)
    if 'greet' in order:
        output.send(single)
        print('{}', flush=True)
        continue
    chunk = np.zeros([order['samples']] + params['shape'][1:], params['dtype'])
    memory = memoryview(chunk).cast('B')
    number = 0
    start = time.monotonic_ns()
    if 'rate' in order:
        count = round(order['rate'] * order['seconds'])
        while number < count:
            wait = start / 1e9 + number / order['rate'] - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            stamp(memory, number)
            output.send(chunk)
            number += 1
    else:
        end = start + order['milliseconds'] * 1_000_000
        while time.monotonic_ns() < end:
            stamp(memory, number)
            output.send(chunk)
            number += 1
    output.send(single)
    print(json.dumps({'sent': number, 'startedAt': start / 1000}), flush=True)

output.close()
