"""The node OpenEphysGUIRelay of the real pyacq: needs pyacq on PYTHONPATH. Argument: where the relay takes requests. Prints
what came as one line of JSON."""

import json
import sys

import pyqtgraph
from pyacq.core.stream import InputStream
from pyacq.devices.openephys_gui_relay import OpenEphysGUIRelay

pyqtgraph.mkQApp()
node = OpenEphysGUIRelay(name="relay")
node.configure(openephys_url=sys.argv[1])
node.output.configure(transfermode="sharedmem")
node.initialize()
stream = InputStream()
stream.connect(node.output.params)
stream.set_buffer(size=node.stream_params["buffer_size"])
node.start()
indexes, ramp = [], []
while len(ramp) < 400:
    index, data = stream.recv(return_data=True)
    indexes.append(int(index))
    ramp += [float(row[-1]) for row in data]
node.stop()
print(json.dumps({"shape": node.output.params["shape"], "indexes": indexes, "ramp": ramp}), flush=True)
