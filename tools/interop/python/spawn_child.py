"""pyacq's ProcessSpawner with our child as its executable: `spawn_child.py COMMAND...`."""

import sys

from peer.client import client_of
from peer.serialize import Proxy
from peer.server import Server
from peer.spawner import Spawner
from peer.streams import DEFAULTS, Output

child = Spawner(sys.argv[1:], name='ts_child')

# The manual, "Streaming between processes": an OutputStream here, an InputStream in the child, connected by proxy.
server = Server()
child.client.serve = server
mine = Output(dtype='float64', shape=[-1, 2])
pyacq = child.client.import_module('pyacq')
assert isinstance(pyacq, Proxy), pyacq
stream = child.client.call(pyacq.attr('InputStream'))
child.client.call(stream.attr('connect'), server.proxy_for(mine))

# And what pyacq's Host does with a new child.
group = child.client.call(child.client.import_module('pyacq.core.nodegroup').attr('NodeGroup'), None, None)
child.client.set('nodegroup', group)
assert child.client.call(child.client.get('nodegroup').attr('any_node_running')) is False
assert 'StreamConverter' in child.client.call(group.attr('list_node_types'))
assert isinstance(child.client.call(child.client.import_module('os').attr('getpid')), int)
assert child.stop() == 0
print('our child does what pyacq expects')
