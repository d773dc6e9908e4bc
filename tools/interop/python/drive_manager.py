"""What a pyacq user does with a Manager, spelled as in Python: `drive_manager.py MANAGER_ADDRESS`."""

import sys
import time

import numpy as np
from peer.client import Client, RemoteError, client_of
from peer.streams import Input, Output


def outcome(attempt):
    try:
        attempt()
    except RemoteError as error:
        return error.type_name
    return None


client = Client(sys.argv[1])
manager = client.get('manager')
nodegroup = client.call(manager.attr('create_nodegroup'), 'ng0', qt=False)
listed = client.call(manager.attr('list_nodegroups'))
assert any(ng.address == nodegroup.address and ng.obj_id == nodegroup.obj_id for ng in listed), listed
assert outcome(lambda: client.call(manager.attr('create_nodegroup'), 'ng0', qt=False)) == 'KeyError'
log_address, level = client.call(manager.attr('get_logger_info'))
assert isinstance(level, int), level

group = client_of(nodegroup)
types = group.call(nodegroup.attr('list_node_types'))
assert 'NoiseGenerator' in types and 'SosFilter' in types and 'RawRecorder' in types, types
assert outcome(lambda: group.call(nodegroup.attr('create_node'), 'Nope')) == 'KeyError'

noise = group.call(nodegroup.attr('create_node'), 'NoiseGenerator', name='noise')
group.call(noise.attr('configure'), nb_channel=2, chunksize=50, sample_rate=1000.0)
group.call(noise.attr('output', 'configure'), protocol='tcp', interface='127.0.0.1', transfermode='plaindata')
group.call(noise.attr('initialize'))
params = group.value(noise.attr('output', 'params'))
assert params['dtype'] == 'float32' and list(params['shape']) == [-1, 2], params
assert isinstance(params['sample_rate'], float) and params['sample_rate'] == 1000.0, params
assert isinstance(params['port'], str), params

source = Input(params)
time.sleep(0.2)
group.call(noise.attr('start'))
assert group.call(noise.attr('running')) is True
assert outcome(lambda: group.call(noise.attr('start'))) == 'AssertionError'
assert outcome(lambda: group.call(nodegroup.attr('remove_node'), noise)) == 'RuntimeError'
position = None
for _ in range(10):
    index, data = source.recv()
    assert data.shape == (50, 2) and data.dtype == np.float32, data
    assert position is None or index == position + 50, (position, index)
    position = index
group.call(noise.attr('stop'))
assert group.call(noise.attr('running')) is False

# node.outputs['signals'] as a proxy, and a chain whose input is that proxy.
output = group.call(noise.attr('outputs', '__getitem__'), 'signals')
resizer = group.call(nodegroup.attr('create_node'), 'ChunkResizer', name='resizer')
group.call(resizer.attr('configure'), chunksize=20)
group.call(resizer.attr('input', 'connect'), output)
group.call(resizer.attr('output', 'configure'), protocol='tcp', interface='127.0.0.1', transfermode='plaindata')
group.call(resizer.attr('initialize'))
resized = Input(group.value(resizer.attr('output', 'params')))
time.sleep(0.2)
group.call(resizer.attr('start'))
group.call(noise.attr('start'))
for _ in range(10):
    index, data = resized.recv()
    assert data.shape == (20, 2) and index % 20 == 0, (index, data.shape)

# A Python source into a TypeScript recorder.
mine = Output(dtype='int16', shape=[-1, 3], sample_rate=500.0)
folder = sys.argv[2]
recorder = group.call(nodegroup.attr('create_node'), 'RawRecorder', name='disk')
group.call(recorder.attr('configure'), streams={'mine': mine.params}, autoconnect=True, dirname=folder)
group.call(recorder.attr('initialize'))
group.call(recorder.attr('start'))
time.sleep(0.3)
expected = np.arange(3000, dtype='int16').reshape(1000, 3)
for start in range(0, 1000, 100):
    mine.send(expected[start : start + 100])
time.sleep(0.3)
group.call(recorder.attr('add_annotations'), subject='me', trial=4)
group.call(recorder.attr('stop'))
recorded = np.fromfile(folder + '/mine.raw', dtype='int16').reshape(-1, 3)
assert np.array_equal(recorded, expected), recorded.shape

# Live parameters as Python sets them, and the end.
client.call(manager.attr('stop_all_nodes'))
assert group.call(nodegroup.attr('any_node_running')) is False
assert len(group.call(nodegroup.attr('list_nodes'))) == 3
client.call(manager.attr('close'))
end = time.time() + 10
while not group.gone and time.time() < end:
    if group.socket.poll(100):
        group.gone = group.serializer.loads(group.socket.recv()).get('action') == 'disconnect'
assert group.gone, 'the node group says good-bye when the manager closes'
print('the manager does what pyacq does')
