"""A client of an RPC server: pyacq's five frames on a DEALER."""

import itertools
import os
import time

import zmq

from .serialize import Proxy, Serializer

_count = itertools.count()


class RemoteError(Exception):
    def __init__(self, type_name, lines):
        super().__init__('%s: %s' % (type_name, ''.join(lines)))
        self.type_name, self.lines = type_name, lines


class Client:
    def __init__(self, address, serializer='msgpack', serve=None):
        """`serve`: a Server of this process that is kept answering while a reply is awaited."""
        self.address, self.serve = address, serve
        self.serializer = Serializer(serializer)
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 1000
        self.socket.identity = ('peer.%d.%d:%s' % (os.getpid(), next(_count), address)).encode()
        self.socket.connect(address)
        self.next_id = 0
        self.replies = {}
        self.gone = False
        assert self.send('ping') == 'pong'

    def send(self, action, opts=None, return_type='auto', sync=True, timeout=10.0):
        req_id = self.next_id if sync else -1
        if sync:
            self.next_id += 1
        body = b'' if opts is None else self.serializer.dumps(opts)
        self.socket.send_multipart(
            [str(req_id).encode(), action.encode(), return_type.encode(), self.serializer.name.encode(), body]
        )
        return self.wait(req_id, timeout) if sync else None

    def request(self, action, opts, return_type='auto'):
        """Sends without waiting; returns the number to `wait` for."""
        req_id = self.next_id
        self.next_id += 1
        self.socket.send_multipart(
            [str(req_id).encode(), action.encode(), return_type.encode(), self.serializer.name.encode(), self.serializer.dumps(opts)]
        )
        return req_id

    def wait(self, req_id, timeout=10.0):
        end = time.time() + timeout
        while req_id not in self.replies:
            if self.gone:
                raise RuntimeError('the server has disconnected')
            if time.time() > end:
                raise TimeoutError('no reply to request %d' % req_id)
            if self.serve is not None:
                self.serve.process_waiting()
            if self.socket.poll(5 if self.serve is not None else 100):
                message = self.serializer.loads(self.socket.recv())
                if message['action'] == 'disconnect':
                    self.gone = True
                else:
                    self.replies[message['req_id']] = message
        message = self.replies.pop(req_id)
        if message['error'] is not None:
            raise RemoteError(*message['error'])
        return message['rval']

    def get(self, name):
        return self.send('get_item', {'name': name})

    def set(self, name, value):
        return self.send('set_item', {'name': name, 'obj': value})

    def import_module(self, module):
        return self.send('import', {'module': module})

    def call(self, proxy, *args, **kwargs):
        opts = {'obj': proxy, 'args': list(args), 'kwargs': kwargs}
        return self.send('call_obj', opts)

    def value(self, proxy):
        return self.send('get_obj', {'obj': proxy}, return_type='value')

    def close_server(self):
        return self.send('close')


def client_of(proxy, _clients={}):
    assert isinstance(proxy, Proxy), proxy
    if proxy.address not in _clients:
        _clients[proxy.address] = Client(proxy.address)
    return _clients[proxy.address]
