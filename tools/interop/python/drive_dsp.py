"""A graph of pyacq's filter and trigger, as the pyacq manual writes it: `drive_dsp.py MANAGER_ADDRESS`."""

import sys
import time

import numpy as np
import scipy.signal
from peer.client import Client, RemoteError, client_of
from peer.streams import Input, Output

RATE, CHUNK, OVERLAP, COUNT = 1000.0, 100, 60, 2000
TCP = dict(protocol='tcp', interface='127.0.0.1', transfermode='plaindata')


def overlap_filtfilt(sos, signal):
    """pyacq/dsp/overlapfiltfilt.py over a whole signal."""
    forward = scipy.signal.sosfilt(sos, signal, axis=0)
    emitted = []
    for pos in range(CHUNK, len(signal) + 1, CHUNK):
        start = max(0, pos - CHUNK - OVERLAP)
        backward = scipy.signal.sosfilt(sos, forward[start:pos][::-1], axis=0)[::-1]
        emitted.append(backward[: pos - OVERLAP - start])
    return np.concatenate(emitted)


def crossings(values, threshold, begin, end):
    x = values[begin:end]
    return list(np.flatnonzero((x[:-1] <= threshold) & (x[1:] > threshold)) + begin + 1)


def until(condition, what):
    end = time.time() + 10
    while not condition():
        assert time.time() < end, what
        time.sleep(0.01)


client = Client(sys.argv[1])
nodegroup = client.call(client.get('manager').attr('create_nodegroup'), 'dsp')
group = client_of(nodegroup)

times = np.arange(COUNT) / RATE
noise = np.random.RandomState(1).normal(size=(COUNT, 2))
signal = np.sin(2 * np.pi * 10 * times)[:, None] * [1.0, 3.0] + noise
sos = scipy.signal.iirfilter(2, [5 / RATE * 2, 20 / RATE * 2], btype='bandpass', ftype='butter', output='sos')
dev = Output(dtype='float64', shape=[-1, 2], sample_rate=RATE)

filt = group.call(nodegroup.attr('create_node'), 'OverlapFiltfilt', name='filter')
group.call(filt.attr('configure'), coefficients=sos, engine='scipy', chunksize=CHUNK, overlapsize=OVERLAP)
group.call(filt.attr('input', 'connect'), dev.params)
group.call(filt.attr('output', 'configure'), dtype='float64', **TCP)
group.call(filt.attr('initialize'))

trigger = group.call(nodegroup.attr('create_node'), 'AnalogTrigger', name='trigger')
group.call(trigger.attr('configure'))
group.call(trigger.attr('input', 'connect'), filt.attr('output'))
group.call(trigger.attr('output', 'configure'), **TCP)
group.call(trigger.attr('initialize'))


def set_param(name, value):
    """trigger.params[name] = value"""
    group.call(trigger.attr('params', '__setitem__'), name, value)


set_param('channel', 1)
set_param('threshold', 1.0)
set_param('front', '+')
set_param('debounce_mode', 'no-debounce')
assert group.call(trigger.attr('params', '__getitem__'), 'threshold') == 1.0
assert group.call(trigger.attr('params', '__getitem__'), 'debounce_mode') == 'no-debounce'
for name, value in [('debounce_mode', 'sometimes'), ('channel', 2), ('nonsense', 1)]:
    try:
        set_param(name, value)
    except RemoteError:
        continue
    raise AssertionError('%s = %r was taken' % (name, value))

filtered = Input(group.value(filt.attr('output', 'params')))
events = Input(group.value(trigger.attr('output', 'params')))
assert events.params['dtype'] == 'int64' and list(events.params['shape']) == [-1], events.params
time.sleep(0.3)
group.call(trigger.attr('start'))
group.call(filt.attr('start'))


def play(begin, end):
    for start in range(begin, end, CHUNK):
        dev.send(signal[start : start + CHUNK])
    seen = lambda: group.call(trigger.attr('status'))['inputs'][0]['samples']  # noqa: E731
    until(lambda: seen() == end - OVERLAP, 'the trigger has not seen all')


half = COUNT // 2
play(0, half)
set_param('threshold', 2.0)
play(half, COUNT)

expected = overlap_filtfilt(sos, signal)
received = []
while sum(map(len, received)) < len(expected):
    index, data = filtered.recv()
    received.append(data)
    assert index == sum(map(len, received)), index
np.testing.assert_allclose(np.concatenate(received), expected, rtol=0, atol=1e-9)

values, cut = expected[:, 1], half - OVERLAP
positions = crossings(values, 1.0, 0, cut) + crossings(values, 2.0, cut, len(values))
found = []
while len(found) < len(positions):
    found += list(events.recv()[1])
assert found == positions, (found, positions)
assert len(found) > 10

group.call(filt.attr('stop'))
group.call(trigger.attr('stop'))
client.call(client.get('manager').attr('close'))
print('%d events, as pyacq would find them' % len(found))
