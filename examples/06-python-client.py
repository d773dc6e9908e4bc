"""
A client of the manager in plain Python: nothing but pyzmq and JSON.

    npx nodeacq manager tcp://127.0.0.1:5000
    python examples/06-python-client.py tcp://127.0.0.1:5000
"""

import json
import sys

import zmq


def create_socket(address, name):
    """A socket with a name of its own: the server answers to names."""
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.setsockopt(zmq.IDENTITY, name.encode())
    socket.setsockopt(zmq.RCVTIMEO, 10000)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(address)
    return socket


requests = 0


def request(socket, action, **opts):
    """Sends one request: number, action, how to return, serializer, options. Returns the answer."""
    global requests
    requests += 1
    frames = [str(requests), action, 'auto', 'json', json.dumps(opts)]
    socket.send_multipart([frame.encode() for frame in frames])
    reply = json.loads(socket.recv().decode())
    while reply.get('req_id') != requests:
        reply = json.loads(socket.recv().decode())
    if reply['error'] is not None:
        raise RuntimeError('the server says:\n' + ''.join(reply['error'][1]))
    return reply['rval']


def call(socket, obj, method, *args, **kwargs):
    """Calls a method of an object that the server gave us."""
    return request(socket, 'call_obj', obj={**obj, 'attributes': [method]}, args=args, kwargs=kwargs)


socket = create_socket(sys.argv[1], 'my_python_client')
manager = request(socket, 'get_item', name='manager')

nodegroup = call(socket, manager, 'create_nodegroup', name='my_nodegroup')
print('created a node group at', nodegroup['rpc_addr'])

nodegroups = call(socket, manager, 'list_nodegroups')
assert any(ng['rpc_addr'] == nodegroup['rpc_addr'] for ng in nodegroups)

# The group lives in a process of its own, with a server of its own.
group_socket = create_socket(nodegroup['rpc_addr'], 'my_nodegroup_client')
node_types = call(group_socket, nodegroup, 'list_node_types')
print('node types:', ', '.join(node_types))

call(socket, manager, 'close_all_nodegroups')
