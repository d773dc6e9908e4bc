"""The real pyacq serving `demo.add`, for comparisons: needs pyacq on PYTHONPATH."""

import logging

from pyacq.core.rpc import RPCServer

logging.getLogger().setLevel(logging.ERROR)


class Demo:
    def add(self, x, y):
        return x + y


server = RPCServer()
server['demo'] = Demo()
address = server.address
print(address.decode() if isinstance(address, bytes) else address, flush=True)
server.run_forever()
