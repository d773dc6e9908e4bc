"""A plain pyacq receiver. Reads the params map as one JSON line on stdin, prints `ready`, and then for each line
{"chunks": n} prints index, shape, dtype and the sum and corner values of each chunk."""

import json
import sys

from peer.streams import Input

source = Input(json.loads(sys.stdin.readline()))
print('ready', flush=True)
for line in sys.stdin:
    order = json.loads(line)
    for _ in range(order['chunks']):
        index, data = source.recv(order.get('timeout', 10000))
        values = data if data.dtype.names is None else data[data.dtype.names[0]]
        flat = values.reshape(-1)
        print(
            json.dumps(
                {
                    'index': index,
                    'shape': list(data.shape),
                    'dtype': str(data.dtype),
                    'sum': float(flat.astype('float64').sum()) if flat.size else 0.0,
                    'first': float(flat[0]) if flat.size else None,
                    'last': float(flat[-1]) if flat.size else None,
                }
            ),
            flush=True,
        )
