"""pytia's server with a counting signal; tells its port, and serves until its input ends.

    python tia_server.py

pytia 0.1.0 was written for Python 2: its table of clients uses `has_key`, and is changed by one thread while another walks
through it. The table is replaced by one that behaves as Python 2's; pytia itself is as it is.
"""

import sys

import pytia


class Python2Dict(dict):
    has_key = dict.__contains__

    def items(self):
        return list(dict.items(self))


def with_python2_dict(init):
    def wrapped(self, signals):
        init(self, signals)
        self.clients = Python2Dict()

    return wrapped


pytia.TiAClientManager.__init__ = with_python2_dict(pytia.TiAClientManager.__init__)

count = -1


def eeg(_):
    global count
    count += 1
    return [count, -0.5, 1000.25]


def user(_):
    return [1, 2, 3, 4]


server = pytia.TiAServer(("127.0.0.1", 0), pytia.TiAConnectionHandler)
server.daemon_threads = True
server.start(
    [
        pytia.TiASignalConfig(2, 100, 2, user, 1, is_master=False, sigtype=pytia.TIA_SIG_USER_1),
        pytia.TiASignalConfig(3, 100, 1, eeg, 0, is_master=True, sigtype=pytia.TIA_SIG_EEG),
    ]
)
print("PORT %d" % server.server_address[1], flush=True)
sys.stdin.read()
