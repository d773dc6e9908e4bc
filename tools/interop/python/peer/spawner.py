"""pyacq's ProcessSpawner: starts a child, shakes hands, gives a client of it."""

import json
import subprocess

import zmq

from .client import Client


class Spawner:
    def __init__(self, executable, name=None, address='tcp://127.0.0.1:*', log_addr=None, log_level=30, qt=False):
        pair = zmq.Context.instance().socket(zmq.PAIR)
        pair.linger = 1000
        pair.rcvtimeo = 20000
        pair.bind('tcp://127.0.0.1:*')
        command = list(executable) + ['-m', 'pyacq.core.rpc.bootstrap'] + ([] if name is None else [name])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE)
        config = {
            'class_name': 'QtRPCServer' if qt else 'RPCServer',
            'args': {'address': address},
            'bootstrap_addr': pair.last_endpoint.decode(),
            'loglevel': log_level,
            'logaddr': log_addr,
            'qt': qt,
        }
        self.process.stdin.write(json.dumps(config).encode())
        self.process.stdin.close()
        status = json.loads(pair.recv().decode())
        pair.send(b'OK')
        pair.close()
        if 'error' in status:
            self.process.kill()
            raise RuntimeError(''.join(status['error']))
        self.client = Client(status['address'])

    def stop(self):
        assert self.client.close_server() is True
        return self.process.wait(10)
