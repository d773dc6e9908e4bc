"""What scipy takes for signal processing: reads one order per line, and answers microseconds per call and a check sum."""

import json
import sys
import time

import numpy as np
import scipy.fft
import scipy.signal


def signal(count, dtype):
    """The same values as `testSignal` in tools/bench/dsp/signal.ts."""
    return (1000 * np.sin(np.arange(count) * 0.37)).astype(dtype)


def sosfilt(order):
    sos = np.array(order['sos'])
    x = signal(order['rows'] * order['channels'], order['dtype']).reshape(-1, order['channels'])
    state = np.zeros((len(sos), 2, order['channels']))

    def run():
        nonlocal state
        y, state = scipy.signal.sosfilt(sos, x, axis=0, zi=state)
        return y.astype(x.dtype)

    return run


def filtfilt(order):
    """One step of pyacq's OverlapFiltfilt: forward with state, backward over chunk and overlap."""
    sos = np.array(order['sos'])
    channels, rows, overlap = order['channels'], order['rows'], order['overlap']
    x = signal(rows * channels, order['dtype']).reshape(-1, channels)
    ring = np.zeros((rows + overlap, channels), dtype=x.dtype)
    state = np.zeros((len(sos), 2, channels))

    def run():
        nonlocal state
        y, state = scipy.signal.sosfilt(sos, x, axis=0, zi=state)
        ring[:-rows] = ring[rows:]
        ring[-rows:] = y
        back = scipy.signal.sosfilt(sos, ring[::-1], axis=0, zi=np.zeros_like(state))[0][::-1]
        return back[:rows].astype(x.dtype)

    return run


def rfft(order):
    x = signal(order['size'], order['dtype'])
    return lambda: scipy.fft.rfft(x)


def upfirdn(order):
    x = signal(order['rows'] * order['channels'], order['dtype']).reshape(-1, order['channels'])
    taps = np.array(order['taps'])
    rows = order['rows'] // order['down']
    return lambda: scipy.signal.upfirdn(taps, x, 1, order['down'], axis=0)[:rows].astype(x.dtype)


def morlet(order):
    """QTimeFreq's map of one channel, with the transforms that pyacq uses."""
    import scipy.fftpack

    size, frequencies = order['size'], np.array(order['frequencies'])
    scales = order['f0'] / frequencies * order['rate']
    x = np.arange(-size / 2, size / 2)[:, None] / scales
    wavelets = np.exp(2j * np.pi * order['f0'] * x) * np.exp(-(x**2) / 2) / scales
    spectra = scipy.fftpack.fft(wavelets, axis=0).conj()
    segment = signal(size, 'float32')

    def run():
        product = scipy.fftpack.fft(segment)[:, None] * spectra
        map_ = scipy.fftpack.fftshift(scipy.fftpack.ifft(product, axis=0), axes=[0])
        return np.abs(map_).astype('float32')[-order['rows']:]

    return run


WORK = {'sosfilt': sosfilt, 'filtfilt': filtfilt, 'rfft': rfft, 'upfirdn': upfirdn, 'morlet': morlet}

print(json.dumps({'scipy': scipy.__version__, 'numpy': np.__version__}), flush=True)
works = {}
for line in sys.stdin:
    order = json.loads(line)
    key = json.dumps(order['order'], sort_keys=True)
    if key not in works:
        works[key] = WORK[order['order']['work']](order['order'])
    run = works[key]
    check = float(np.abs(run()).sum())
    calls = 0
    start = time.perf_counter()
    while True:
        run()
        calls += 1
        seconds = time.perf_counter() - start
        if seconds > order['seconds']:
            break
    print(json.dumps({'us': seconds / calls * 1e6, 'check': check}), flush=True)
