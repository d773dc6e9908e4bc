"""The real pyacq calling `demo.add` of a server: `real_pyacq_client.py ADDRESS COUNT DEPTH`; prints calls/s as JSON."""

import json
import sys
import time

from pyacq.core.rpc import RPCClient

address, count, depth = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = RPCClient.get_client(address.encode())
demo = client['demo']
for i in range(100):
    demo.add(i, 1)

start = time.perf_counter()
for i in range(count):
    assert demo.add(i, 1) == i + 1
single = count / (time.perf_counter() - start)

start = time.perf_counter()
for _ in range(count // depth):
    futures = [demo.add(i, 1, _sync='async') for i in range(depth)]
    for i, future in enumerate(futures):
        assert future.result() == i + 1
many = count // depth * depth / (time.perf_counter() - start)
print(json.dumps({'single': single, 'many': many}))
