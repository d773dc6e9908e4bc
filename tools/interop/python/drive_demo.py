"""Drives tools/interop/demoServer.ts: `drive_demo.py ADDRESS SERIALIZER`. Exits 0 when every answer is right."""

import datetime
import sys

import numpy as np
from peer.client import Client, RemoteError
from peer.serialize import Proxy
from peer.server import Server

address, serializer = sys.argv[1:3]
server = Server()
client = Client(address, serializer, serve=server)
demo = client.get('demo')
assert isinstance(demo, Proxy), demo

assert client.call(demo.attr('add'), 7, 5) == 12
assert client.call(demo.attr('add'), x=7, y=5) == 12
assert client.value(demo.attr('count')) == 5
assert client.value(demo.attr('nested', 'name')) == 'nested'

echo = demo.attr('echo')
plain = [
    None, True, False, 0, 1, -1, 2**31, -(2**31), 2**53 - 1, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63),
    0.1, -2.5, 1e300, 'text', 'h\u00e9llo \u2603 \U0001f600', '', [1, [2, [3]]], {'a': {'b': [None]}}, [],
]  # fmt: skip
for value in plain:
    got = client.call(echo, value)
    assert got == value and type(got) is type(value), (value, got)
for value in (float('inf'), float('-inf')):
    assert client.call(echo, value) == value
assert np.isnan(client.call(echo, float('nan')))

arrays = [
    np.arange(12, dtype='float32').reshape(4, 3),
    np.arange(12, dtype='>i4').reshape(3, 4).T,
    np.zeros((0, 4)),
    np.array(3.5),
    np.array([True, False]),
    np.arange(6, dtype='int64')[::-2],
    np.array([1 + 2j, 3j], dtype='complex64'),
    np.array([b'ab', b'cde'], dtype='S4'),
    np.array(['x', 'yz'], dtype='U3'),
]
structured = np.array([(1, b'ab'), (2, b'cd')], dtype=[('index', '<i8'), ('label', 'S4')])
for array in arrays + [structured]:
    got = client.call(echo, array)
    assert got.dtype == array.dtype and got.shape == array.shape, (array.dtype, array.shape, got.dtype, got.shape)
    assert np.array_equal(got, array), (array, got)

for value in (b'\x00\x01\xfe', datetime.datetime(2015, 1, 1, 12, 0, 0, 250000), datetime.date(2015, 1, 1)):
    got = client.send('call_obj', {'obj': echo, 'args': [value], 'kwargs': {}}, return_type='value')
    assert got == value and type(got) is type(value), (value, got)

types = client.call(demo.attr('types'))
assert types['int'] == 2**53 + 1 and types['float'] == 0.5 and types['none'] is None and types['list'] == [1, 2, 3], types

for expected, attempt in (
    ('ValueError', lambda: client.call(demo.attr('boom'))),
    ('AttributeError', lambda: client.value(demo.attr('nope'))),
    ('AttributeError', lambda: client.value(demo.attr('constructor'))),
    ('KeyError', lambda: client.get('nope')),
    ('ValueError', lambda: client.send('foo', {'a': 1})),
):
    try:
        attempt()
    except RemoteError as error:
        assert error.type_name == expected, (expected, error.type_name)
        assert error.lines[0].startswith('Error while processing request peer.'), error.lines[0]
        assert error.lines[-1].startswith(expected), error.lines[-1]
    else:
        raise AssertionError('expected ' + expected)
assert client.call(demo.attr('add'), 1, 1) == 2  # and it still answers

# A function of ours, called by the server while we wait for its answer: A -> B -> A.
called = []


def callback(*args):
    called.append(args)
    return sum(args)


assert client.call(demo.attr('call_back'), server.proxy_for(callback), 3, 4) == 7
assert called == [(3, 4)], called

# Two requests on their way at once.
first = client.request('call_obj', {'obj': demo.attr('add'), 'args': [1, 2], 'kwargs': {}})
second = client.request('call_obj', {'obj': demo.attr('add'), 'args': [3, 4], 'kwargs': {}})
assert (client.wait(second), client.wait(first)) == (7, 3)

# No reply wanted, items, transfer, references.
client.send('call_obj', {'obj': demo.attr('__setattr__'), 'args': ['count', 11], 'kwargs': {}}, sync=False)
assert client.value(demo.attr('count')) == 11
client.send('call_obj', {'obj': demo.attr('__setattr__'), 'args': ['count', 5], 'kwargs': {}}, sync=False)
client.set('x', {'a': [1, 2.5]})
assert client.get('x') == {'a': [1, 2.5]}
moved = client.send('get_obj', {'obj': np.ones(3, 'float32')}, return_type='proxy')
assert client.value(moved.attr('shape')) == [3]
client.send('delete', {'obj_id': moved.obj_id, 'ref_id': moved.ref_id})
try:
    client.value(moved.attr('shape'))
except RemoteError as error:
    assert error.type_name == 'KeyError', error.type_name
else:
    raise AssertionError('a released object must be gone')
listed = client.send('call_obj', {'obj': echo, 'args': [[1, 2, 7]], 'kwargs': {}}, return_type='proxy')
assert client.call(listed.attr('__len__')) == 3 and client.call(listed.attr('__getitem__'), 2) == 7

clock = client.import_module('time')
assert isinstance(client.call(clock.attr('perf_counter')), float)
print('every answer is right')
