"""Sends and receives with pylsl: an outlet in a child process, an inlet in this one.

    python lsl_throughput.py CHANNELS RATE SECONDS

The last line is JSON: samples that came in a second, cores of both ends.
"""

import json
import multiprocessing
import sys
import time

import numpy
import pylsl

channels, rate, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])


def send(pipe):
    info = pylsl.StreamInfo('bench', 'EEG', channels, rate, pylsl.cf_float32, 'bench')
    outlet = pylsl.StreamOutlet(info)
    while not outlet.have_consumers():
        time.sleep(0.005)
    size = rate // 100
    chunk = numpy.arange(size * channels, dtype=numpy.float32).reshape(size, channels)
    start, cpu = pylsl.local_clock(), time.process_time()
    for k in range(1, int(seconds * 100) + 1):
        time.sleep(max(0, start + k / 100 - pylsl.local_clock()))
        outlet.push_chunk(chunk, start + k / 100)
    pipe.send((time.process_time() - cpu) / (pylsl.local_clock() - start))
    time.sleep(2)


if __name__ == '__main__':
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context('spawn').Process(target=send, args=(there,), daemon=True)
    child.start()
    streams = pylsl.resolve_byprop('name', 'bench', 1, 20)
    inlet = pylsl.StreamInlet(streams[0], max_buflen=360)
    inlet.open_stream(10)
    buffer = numpy.empty((rate, channels), dtype=numpy.float32)
    came, cpu, start = 0, None, None
    while not here.poll():
        _, stamps = inlet.pull_chunk(timeout=0.01, max_samples=rate, dest_obj=buffer)
        if stamps and cpu is None:
            cpu, start = time.process_time(), time.time()
        came += len(stamps)
    inlet_cores = (time.process_time() - cpu) / (time.time() - start)
    while True:
        _, stamps = inlet.pull_chunk(timeout=0.2, max_samples=rate, dest_obj=buffer)
        if not stamps:
            break
        came += len(stamps)
    print(json.dumps({'rate': came / seconds, 'outletCores': here.recv(), 'inletCores': inlet_cores}))
    child.terminate()
