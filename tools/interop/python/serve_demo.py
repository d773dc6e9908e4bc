"""A Python RPC server publishing the same `demo` as demoServer.ts; prints its address."""

from peer.server import Server


class Nested:
    name = 'nested'


class Demo:
    count = 5

    def __init__(self):
        self.nested = Nested()

    def add(self, x, y):
        return x + y

    def kw(self, a, b=2, c=3):
        return [a, b, c]

    def echo(self, x):
        return x

    def boom(self):
        raise ValueError('boom')

    def call_back(self, function, *args):
        from peer.client import client_of

        return client_of(function).call(function, *args)

    def types(self):
        return {'int': 2**53 + 1, 'float': 0.5, 'none': None, 'list': [1, 2, 3]}

    def make(self):
        return Nested()


server = Server()
server.items['demo'] = Demo()
print(server.address, flush=True)
server.serve_forever()
