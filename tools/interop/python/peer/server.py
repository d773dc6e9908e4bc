"""An RPC server as pyacq's: ROUTER, six frames, replies in order."""

import importlib
import traceback

import zmq

from .serialize import Proxy, Serializer


class Server:
    def __init__(self, address='tcp://127.0.0.1:*'):
        self.socket = zmq.Context.instance().socket(zmq.ROUTER)
        self.socket.linger = 5000
        self.socket.bind(address)
        self.address = self.socket.last_endpoint.decode()
        self.serializers = {name: Serializer(name, self) for name in ('msgpack', 'json')}
        self.items = {'self': self}
        self.objects = {}
        self.refs = {}
        self.next_ref = 0
        self.clients = {}
        self.running = True

    def proxy_for(self, obj):
        obj_id = next((key for key, known in self.objects.items() if known is obj), None)
        if obj_id is None:
            obj_id = len(self.refs)
            self.objects[obj_id], self.refs[obj_id] = obj, set()
        self.refs[obj_id].add(self.next_ref)
        self.next_ref += 1
        return Proxy(self.address, obj_id, self.next_ref - 1, str(type(obj)))

    def resolve(self, proxy):
        if proxy.address != self.address:
            return proxy
        if proxy.obj_id not in self.objects:
            raise KeyError('Invalid proxy object ID %d' % proxy.obj_id)
        obj = self.objects[proxy.obj_id]
        for name in proxy.attributes:
            obj = getattr(obj, name)
        return obj

    def serve_forever(self):
        while self.running:
            if self.socket.poll(100):
                self.process_one()
        self.socket.close()

    def process_waiting(self):
        while self.running and self.socket.poll(0):
            self.process_one()

    def process_one(self):
        identity, req_id, action, return_type, ser_type, opts = self.socket.recv_multipart()
        serializer = self.serializers[ser_type.decode()]
        self.clients[identity] = serializer
        req_id, result, error = int(req_id), None, None
        try:
            options = serializer.loads(opts) if opts else {}
            result = self.act(action.decode(), options, identity)
            if return_type == b'proxy' or (return_type == b'auto' and not self.by_value(result)):
                result = self.proxy_for(result)
        except Exception as exception:
            lines = ['Error while processing request %s [%d]: ' % (identity.decode(), req_id)]
            error = [type(exception).__name__, lines + traceback.format_exc().splitlines(keepends=True)]
        if req_id >= 0:
            reply = {'action': 'return', 'req_id': req_id, 'rval': result if error is None else None, 'error': error}
            self.socket.send_multipart([identity, serializer.dumps(reply)])

    @staticmethod
    def by_value(value):
        import numpy as np

        return value is None or isinstance(value, (str, int, float, tuple, list, dict, Proxy, np.ndarray))

    def act(self, action, options, caller):
        if action == 'ping':
            return 'pong'
        if action == 'get_item':
            return self.items[options['name']]
        if action == 'set_item':
            self.items[options['name']] = options['obj']
            return None
        if action == 'get_obj':
            return options['obj']
        if action == 'call_obj':
            return options['obj'](*options.get('args', ()), **options.get('kwargs', {}))
        if action == 'delete':
            refs = self.refs[options['obj_id']]
            refs.remove(options['ref_id'])
            if not refs:
                del self.objects[options['obj_id']]
            return None
        if action == 'import':
            return importlib.import_module(options['module'])
        if action == 'close':
            self.running = False
            for identity, serializer in self.clients.items():
                if identity != caller:
                    self.socket.send_multipart([identity, serializer.dumps({'action': 'disconnect'})])
            return True
        raise ValueError('Invalid RPC action %r' % action)
