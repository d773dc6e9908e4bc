"""The child's side of pyacq's handshake, for `python -m pyacq.core.rpc.bootstrap [NAME]`."""

import json
import sys
import time
import traceback

import zmq

from peer.server import Server

config = json.loads(sys.stdin.read())
pair = zmq.Context.instance().socket(zmq.PAIR)
pair.linger = 1000
pair.connect(config['bootstrap_addr'])
server = None
try:
    server = Server(**config['args'])
    status = {'address': server.address}
except Exception:
    status = {'error': traceback.format_exc().splitlines(keepends=True)}

end = time.time() + 10
while time.time() < end:
    pair.send(json.dumps(status).encode())
    if pair.poll(10):
        pair.recv()
        break
pair.close()
if server is not None:
    server.serve_forever()
