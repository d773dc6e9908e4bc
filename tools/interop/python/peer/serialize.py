"""Both serializers of pyacq's RPC: marker maps with the key ___type_name___."""

import ast
import base64
import datetime
import json

import msgpack
import numpy as np

MARKER = '___type_name___'


class Proxy:
    """An object that lives in another process."""

    def __init__(self, address, obj_id, ref_id=0, type_str='', attributes=()):
        self.address, self.obj_id, self.ref_id = address, obj_id, ref_id
        self.type_str, self.attributes = type_str, tuple(attributes)

    def attr(self, *names):
        return Proxy(self.address, self.obj_id, self.ref_id, self.type_str, self.attributes + names)

    def wire(self):
        return {
            MARKER: 'proxy',
            'rpc_addr': self.address,
            'obj_id': self.obj_id,
            'ref_id': self.ref_id,
            'type_str': self.type_str,
            'attributes': list(self.attributes),
        }


def dtype_of(text):
    return np.dtype(ast.literal_eval(text)) if text.startswith('[') else np.dtype(text)


class Serializer:
    def __init__(self, name, owner=None):
        self.name, self.owner = name, owner

    def encode(self, value):
        if isinstance(value, dict):
            return {key: self.encode(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.encode(item) for item in value]
        if isinstance(value, Proxy):
            return value.wire()
        if isinstance(value, np.ndarray):
            data = value.tobytes()
            return {MARKER: 'ndarray', 'data': self._binary(data), 'dtype': str(value.dtype), 'shape': list(value.shape)}
        if isinstance(value, datetime.datetime):
            return {MARKER: 'datetime', 'data': value.strftime('%Y-%m-%dT%H:%M:%S.%f')}
        if isinstance(value, datetime.date):
            return {MARKER: 'date', 'data': value.strftime('%Y-%m-%d')}
        if isinstance(value, bytes):
            return value if self.name == 'msgpack' else {MARKER: 'bytes', 'data': self._binary(value)}
        if isinstance(value, (np.float32, np.float64)):
            return float(value)
        if isinstance(value, np.integer):
            return int(value)
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if self.owner is not None:
            return self.owner.proxy_for(value).wire()
        raise TypeError('cannot send %r' % (value,))

    def _binary(self, data):
        return data if self.name == 'msgpack' else base64.b64encode(data).decode()

    def _decode_map(self, value):
        kind = value.get(MARKER)
        if kind is None:
            return value
        if kind == 'proxy':
            proxy = Proxy(value['rpc_addr'], value['obj_id'], value['ref_id'], value['type_str'], value['attributes'])
            return self.owner.resolve(proxy) if self.owner is not None else proxy
        if kind == 'none':
            return None
        data = value['data']
        if kind == 'ndarray':
            raw = data if isinstance(data, bytes) else base64.b64decode(data)
            return np.frombuffer(raw, dtype_of(value['dtype'])).reshape(value['shape'])
        if kind == 'bytes':
            return base64.b64decode(data)
        if kind == 'datetime':
            return datetime.datetime.strptime(data, '%Y-%m-%dT%H:%M:%S.%f')
        if kind == 'date':
            return datetime.datetime.strptime(data, '%Y-%m-%d').date()
        raise ValueError('unknown marker %r' % kind)

    def dumps(self, value):
        value = self.encode(value)
        return msgpack.packb(value, use_bin_type=True) if self.name == 'msgpack' else json.dumps(value).encode()

    def loads(self, frame):
        if self.name == 'msgpack':
            return msgpack.unpackb(frame, raw=False, object_hook=self._decode_map)
        return json.loads(frame.decode(), object_hook=self._decode_map)
