"""A plain pyacq source. Reads one JSON line of params on stdin, prints the full params as JSON, then for each further
line {"chunks": n, "size": s, "start": first value} sends a ramp and answers with the index it has reached."""

import json
import sys

import numpy as np
from peer.streams import Output

output = Output(**json.loads(sys.stdin.readline()))
print(json.dumps(output.params), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    rest = output.params['shape'][1:]
    for _ in range(order.get('chunks', 1)):
        first = output.index
        count = order['size'] * int(np.prod(rest))
        values = np.arange(first * int(np.prod(rest)), first * int(np.prod(rest)) + count)
        data = values.reshape([order['size']] + rest).astype(output.dtype)
        if order.get('transposed'):
            data = np.asfortranarray(data)
        output.send(data, order.get('index'))
    print(json.dumps({'index': output.index}), flush=True)
