"""Does what it is told over standard input with pylsl: one order per line, JSON, and one answer per line.

open     makes an outlet                   {name, type, channels, rate, format, source_id, labels}
push     sends one sample or a chunk       {name, data, stamp, chunk}
run      sends `count` samples at `rate`, from a thread; sample n is n in every channel
close    ends an outlet or inlet
resolve  looks for streams                 {predicate, timeout}
inlet    opens an inlet and its time       {predicate, flags, recover}
pull     takes `count` samples             {name, count, timeout}
offset   the time correction
"""

import json
import sys
import threading
import time

import pylsl

FORMATS = {
    'float32': pylsl.cf_float32,
    'double64': pylsl.cf_double64,
    'string': pylsl.cf_string,
    'int32': pylsl.cf_int32,
    'int16': pylsl.cf_int16,
    'int8': pylsl.cf_int8,
    'int64': pylsl.cf_int64,
}
outlets = {}
inlets = {}


def summary(info):
    return {
        'name': info.name(),
        'type': info.type(),
        'channels': info.channel_count(),
        'rate': info.nominal_srate(),
        'format': info.channel_format(),
        'source_id': info.source_id(),
        'uid': info.uid(),
        'hostname': info.hostname(),
    }


def open_outlet(order):
    info = pylsl.StreamInfo(
        order['name'], order.get('type', ''), order['channels'], order.get('rate', 0),
        FORMATS[order['format']], order.get('source_id', order['name'])
    )
    if 'labels' in order:
        channels = info.desc().append_child('channels')
        for label, unit in order['labels']:
            channel = channels.append_child('channel')
            channel.append_child_value('label', label)
            channel.append_child_value('unit', unit)
            channel.append_child_value('type', 'EEG')
    outlets[order['name']] = pylsl.StreamOutlet(info, max_buffered=order.get('max_buffered', 360))
    return {'clock': pylsl.local_clock()}


def push(order):
    outlet = outlets[order['name']]
    if order.get('chunk'):
        outlet.push_chunk(order['data'], order['stamp'])
    else:
        outlet.push_sample(order['data'], order['stamp'])
    return {'clock': pylsl.local_clock()}


def run(order):
    outlet = outlets[order['name']]
    rate, count, channels = order['rate'], order['count'], order['channels']

    def work():
        start = pylsl.local_clock()
        sent = 0
        while sent < count:
            due = min(count, int((pylsl.local_clock() - start) * rate))
            for n in range(sent, due):
                outlet.push_sample([n] * channels, start + n / rate, n == due - 1)
            sent = max(sent, due)
            time.sleep(0.002)

    threading.Thread(target=work, daemon=True).start()
    return {'clock': pylsl.local_clock()}


def close(order):
    outlets.pop(order['name'], None)
    inlets.pop(order['name'], None)
    return {}


def resolve(order):
    streams = pylsl.resolve_bypred(order['predicate'], order.get('minimum', 1), order.get('timeout', 10))
    return {'streams': [summary(each) for each in streams]}


def open_inlet(order):
    streams = pylsl.resolve_bypred(order['predicate'], 1, order.get('timeout', 10))
    if not streams:
        return {'found': False}
    inlet = pylsl.StreamInlet(
        streams[0], recover=order.get('recover', True), processing_flags=order.get('flags', 0)
    )
    info = inlet.info(10)
    inlet.open_stream(10)
    inlets[order['name']] = inlet
    return {'found': True, **summary(info), 'xml': info.as_xml()}


def pull(order):
    inlet = inlets[order['name']]
    samples, stamps = [], []
    end = time.time() + order.get('timeout', 10)
    while len(samples) < order['count'] and time.time() < end:
        data, times = inlet.pull_chunk(timeout=0.2, max_samples=order['count'] - len(samples))
        samples.extend(data)
        stamps.extend(times)
    return {'samples': samples, 'stamps': stamps}


def offset(order):
    return {'offset': inlets[order['name']].time_correction(10)}


ORDERS = {
    'open': open_outlet, 'push': push, 'run': run, 'close': close, 'resolve': resolve,
    'inlet': open_inlet, 'pull': pull, 'offset': offset,
}

print('READY', pylsl.library_version(), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    print(json.dumps(ORDERS[order['do']](order)), flush=True)
