"""Calls functions of scipy.signal: one `[name, args, kwargs]` in JSON per line of standard input, one answer per line.

Arrays come as nested lists, complex numbers as `[re, im]`, a Python exception as `{"error": text}`.
"""

import json
import sys
import warnings

import numpy as np
import scipy
import scipy.signal


def plain(value):
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    array = np.asarray(value)
    if np.iscomplexobj(array):
        return np.stack([array.real, array.imag], axis=-1).tolist()
    return array.tolist()


def named_tuple(value):
    # A window with its parameter: scipy wants `('kaiser', 5)`.
    return tuple(value) if isinstance(value, list) and value and isinstance(value[0], str) else value


warnings.simplefilter('ignore')
print(json.dumps(scipy.__version__), flush=True)
for line in sys.stdin:
    name, args, kwargs = json.loads(line)
    args = [named_tuple(value) for value in args]
    if name == 'welch':
        args[0] = np.asarray(args[0])
    kwargs = {key: named_tuple(value) for key, value in kwargs.items()}
    try:
        answer = plain(getattr(scipy.signal, name)(*args, **kwargs))
    except Exception as error:
        answer = {'error': f'{type(error).__name__}: {error}'}
    print(json.dumps(answer), flush=True)
