"""Random second-order-section filters and what scipy makes of a signal: `scipy_sosfilt.py designs`, the seed on stdin."""

import json
import sys

import numpy as np
import scipy.signal

if sys.argv[1:] == ['designs']:
    # Random band-passes, low-passes and high-passes of all kinds, and a signal for each.
    rng = np.random.default_rng(int(sys.stdin.readline()))
    for _ in range(20):
        low, high = sorted(rng.uniform(0.02, 0.9, 2))
        kind = rng.choice(['lowpass', 'highpass', 'bandpass'])
        design = dict(N=int(rng.integers(1, 7)), rp=0.5, rs=40, output='sos')
        edge = [low, min(high + 0.05, 0.95)] if kind == 'bandpass' else low
        sos = scipy.signal.iirfilter(
            Wn=edge, btype=str(kind), ftype=str(rng.choice(['butter', 'cheby1', 'ellip'])), **design
        )
        channels = int(rng.integers(1, 5))
        dtype = str(rng.choice(['float32', 'float64']))
        signal = rng.normal(size=(500, channels)).astype(dtype)
        expected = scipy.signal.sosfilt(sos, signal.astype('float64'), axis=0)
        print(json.dumps({'sos': sos.tolist(), 'dtype': dtype, 'signal': signal.tolist(), 'expected': expected.tolist()}))
