"""Both ends of a pyacq stream: PUB and SUB, transfer modes plaindata and sharedmem."""

import atexit
import mmap
import os
import struct
import tempfile

import numpy as np
import zmq

DEFAULTS = dict(
    protocol='tcp', interface='127.0.0.1', port='*', transfermode='plaindata', streamtype='analogsignal',
    dtype='float32', shape=[-1, 1], axisorder=None, buffer_size=0, compression='', scale=None, offset=None,
    units='', sample_rate=1.0, double=False, fill=None,
)  # fmt: skip


def dtype_of(value):
    return np.dtype([tuple(field) for field in value] if isinstance(value, list) else value)


class Output:
    def __init__(self, **params):
        self.params = {**DEFAULTS, **params}
        self.socket = zmq.Context.instance().socket(zmq.PUB)
        self.socket.linger = 1000
        self.socket.sndhwm = 0
        self.socket.bind('%(protocol)s://%(interface)s:%(port)s' % self.params)
        self.params['port'] = self.socket.last_endpoint.decode().rpartition(':')[2]
        self.index = 0
        self.dtype = dtype_of(self.params['dtype'])
        if self.params['transfermode'] == 'sharedmem':
            self._open_ring()

    def _open_ring(self):
        size, rest = self.params['buffer_size'], list(self.params['shape'][1:])
        rows = size * (2 if self.params['double'] else 1)
        nbytes = 16 + rows * int(np.prod(rest)) * self.dtype.itemsize
        handle, path = tempfile.mkstemp(prefix='pyacq_SharedMem_')
        os.ftruncate(handle, nbytes)
        self.memory = mmap.mmap(handle, nbytes)
        os.close(handle)
        atexit.register(os.unlink, path)
        self.params['shm_id'] = path
        self.header = np.frombuffer(self.memory, np.int64, 2)
        self.ring = ring_view(self.memory, self.params, self.dtype)

    def send(self, data, index=None):
        index = self.index + data.shape[0] if index is None else index
        self.index = index
        if self.params['transfermode'] == 'sharedmem':
            size = self.params['buffer_size']
            self.header[1] = index
            for row, sample in enumerate(range(index - len(data), index)):
                self.ring[sample % size] = data[row]
                if self.params['double']:
                    self.ring[sample % size + size] = data[row]
            self.header[0] = index
            self.socket.send(struct.pack('>QQ', index, len(data)))
            return
        data = np.ascontiguousarray(data)
        head = struct.pack('>%dQ%dq' % (3 + data.ndim, data.ndim), data.ndim, index, 0, *data.shape, *data.strides)
        body = data.tobytes()
        if self.params['compression']:
            import blosc

            body = blosc.compress(body, data.itemsize, cname=self.params['compression'].split('-')[1])
        self.socket.send_multipart([head, body])


def ring_view(memory, params, dtype):
    rows = params['buffer_size'] * (2 if params['double'] else 1)
    shape = [rows] + list(params['shape'][1:])
    order = params['axisorder'] or list(range(len(shape)))
    stored = np.frombuffer(memory, dtype, offset=16, count=int(np.prod(shape)))
    return stored.reshape([shape[axis] for axis in order]).transpose(np.argsort(order))


class Input:
    """A SUB that only needs the params map, as any pyacq receiver does."""

    def __init__(self, params):
        self.params = params
        self.dtype = dtype_of(params['dtype'])
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.linger = 1000
        self.socket.rcvhwm = 0
        self.socket.setsockopt(zmq.SUBSCRIBE, b'')
        if params['protocol'] == 'tcp':
            self.socket.connect('tcp://%s:%s' % (params['interface'], params['port']))
        else:
            self.socket.connect('%s://%s' % (params['protocol'], params['interface']))
        if params['transfermode'] == 'sharedmem':
            with open(params['shm_id'], 'rb') as file:
                self.memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.ring = ring_view(self.memory, params, self.dtype)

    def recv(self, timeout=10000):
        """(index, data); TimeoutError after `timeout` ms."""
        if not self.socket.poll(timeout):
            raise TimeoutError('no chunk within %d ms' % timeout)
        frames = self.socket.recv_multipart()
        if self.params['transfermode'] == 'sharedmem':
            index, count = struct.unpack('>QQ', frames[0])
            rows = [sample % self.params['buffer_size'] for sample in range(index - count, index)]
            return index, self.ring[rows]
        ndim = struct.unpack('>Q', frames[0][:8])[0]
        fields = struct.unpack('>%dQ%dq' % (3 + ndim, ndim), frames[0])
        index, offset, shape, strides = fields[1], fields[2], fields[3 : 3 + ndim], fields[3 + ndim :]
        body = frames[1]
        if self.params['compression']:
            import blosc

            body = blosc.decompress(body)
        if 0 in shape:
            return index, np.zeros(shape, self.dtype)
        return index, np.ndarray(buffer=body, shape=shape, strides=strides, offset=offset, dtype=self.dtype)
