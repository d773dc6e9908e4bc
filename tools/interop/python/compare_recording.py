"""Holds a raw recording against an independent reader: `compare_recording.py SOURCE FOLDER INPUT physical|digital`.

Physical values are compared with MNE's (in the file's own unit, which MNE turns into volts), digital ones with the bytes
of the file read by numpy alone.
"""

import json
import os
import sys

import mne
import numpy as np

source, folder, name, units = sys.argv[1:5]
mne.set_log_level('ERROR')
properties = json.load(open(os.path.join(folder, 'stream_properties.json'), encoding='utf-8'))[name]
recorded = np.fromfile(os.path.join(folder, name + '.raw'), dtype=properties['dtype'])
recorded = recorded.reshape(-1, properties['shape'][1])
assert properties['start_index'] == 0, properties
labels = [channel['name'] for channel in properties['channel_info']]


def edf_header(path):
    """Labels, gains, offsets, samples per record, header size and digital values of an EDF or BDF file."""
    raw = open(path, 'rb').read()
    count = int(raw[252:256])
    width = 3 if raw[:1] == b'\xff' else 2

    def fields(start, size):
        return [raw[256 + start * count + i * size : 256 + start * count + (i + 1) * size].decode('latin1').strip() for i in range(count)]

    starts = {'label': (0, 16), 'unit': (96, 8), 'pmin': (104, 8), 'pmax': (112, 8), 'dmin': (120, 8), 'dmax': (128, 8), 'samples': (216, 8)}
    header = {key: fields(*place) for key, place in starts.items()}
    samples = [int(value) for value in header['samples']]
    body = np.frombuffer(raw, np.uint8, offset=int(raw[184:192]))
    size = sum(samples) * width
    body = body[: len(body) // size * size].reshape(-1, size)
    digital = []
    start = 0
    for n in samples:
        part = body[:, start : start + n * width].reshape(-1, width).astype(np.int64)
        start += n * width
        value = sum(part[:, i] << (8 * i) for i in range(width))
        digital.append(np.where(value >= 1 << (8 * width - 1), value - (1 << (8 * width)), value))
    return header, digital


def mne_raw(path):
    reader = mne.io.read_raw_brainvision if path.endswith('.vhdr') else mne.io.read_raw_bdf if path.endswith('.bdf') else mne.io.read_raw_edf
    keywords = {} if path.endswith('.vhdr') else {'stim_channel': None}
    return reader(path, preload=True, **keywords)


if units == 'digital':
    if source.endswith('.vhdr'):
        raw = mne_raw(source)
        stored = np.fromfile(source[:-5] + '.eeg', dtype=properties['dtype']).reshape(-1, len(raw.ch_names))
        expected = {label: stored[:, i] for i, label in enumerate(raw.ch_names)}
    else:
        header, digital = edf_header(source)
        expected = dict(zip(header['label'], digital))
    for i, label in enumerate(labels):
        assert np.array_equal(recorded[:, i], expected[label][: len(recorded)]), label
        assert len(expected[label]) == len(recorded), (label, len(expected[label]), len(recorded))
else:
    raw = mne_raw(source)
    volts = dict(zip(raw.ch_names, raw.get_data()))
    factors = {'uV': 1e-6, 'µV': 1e-6, 'mV': 1e-3, 'V': 1.0}
    compared = 0
    for channel, values in zip(properties['channel_info'], recorded.T):
        label, factor = channel['name'], factors.get(channel.get('units', channel.get('unit', '')))
        if label not in volts or factor is None:
            continue
        expected = volts[label] / factor
        assert len(expected) == len(values), (label, len(expected), len(values))
        scale = max(np.abs(expected).max(), 1e-30)
        worst = np.abs(values - expected).max() / scale
        assert worst < 1e-9, (label, worst)
        compared += 1
    assert compared >= 1, 'no channel could be compared'
    print('%d of %d channels compared with MNE' % (compared, len(labels)))
print('%d samples of %d channels agree' % recorded.shape)
