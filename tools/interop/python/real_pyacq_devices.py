"""The examples of pyacq's manual for sound and cameras, with the real pyacq as client and consumer and our manager:
`real_pyacq_devices.py MANAGER_ADDRESS`; prints what it received as JSON.
"""

import json
import sys

from pyacq.core import InputStream
from pyacq.core.rpc import RPCClient

manager = RPCClient.get_client(sys.argv[1].encode())['manager']
group = manager.create_nodegroup('devices')


def receive(node, count):
    """The next chunks of a node: (index, shape, dtype)."""
    stream = InputStream()
    stream.connect(node.output)
    node.start()
    chunks = [stream.recv(return_data=True) for _ in range(count)]
    node.stop()
    stream.close()
    return [(int(index), list(data.shape), str(data.dtype)) for index, data in chunks]


dev = group.create_node('PyAudio')
default_input = dev.default_input_device()
names = {device['index']: device['name'] for device in dev.list_device_specs()}
dev.configure(nb_channel=1, sample_rate=44100., input_device_index=default_input, output_device_index=None,
              format='int16', chunksize=1024)
dev.output.configure(protocol='tcp', interface='127.0.0.1', transfermode='plaindata')
dev.initialize()
sound = receive(dev, 5)

cam = group.create_node('WebCamAV', name='cam0')
try:
    cam.configure(camera_num=63)
    refusal = None
except Exception as error:
    refusal = str(error)
cam.configure(lavfi='testsrc=size=64x48:rate=25')
cam.output.configure(protocol='tcp', interface='127.0.0.1', transfermode='plaindata')
cam.initialize()
video = receive(cam, 5)

print(json.dumps({'input': names[default_input], 'sound': sound, 'refusal': refusal, 'video': video}))
