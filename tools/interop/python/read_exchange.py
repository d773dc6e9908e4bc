"""Reads XDF files with pyxdf, and WAV files with libsndfile and scipy; prints a JSON line for each."""

import json
import sys
import warnings

import numpy as np
import pyxdf
import soundfile
from scipy.io import wavfile


def plain(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value


def one(info):
    """Texts that pyxdf keeps in lists of one."""
    return {key: value[0] for key, value in info.items() if isinstance(value, list) and value and isinstance(value[0], str)}


def offsets_of(stream):
    if "footer" not in stream or not stream["footer"]["info"].get("clock_offsets", [None])[0]:
        return []
    offsets = stream["footer"]["info"]["clock_offsets"][0].get("offset", [])
    return [[float(each["time"][0]), float(each["value"][0])] for each in offsets]


for path in sys.argv[1:]:
    if path.endswith(".wav"):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            rate, data = wavfile.read(path)
        with soundfile.SoundFile(path) as file:
            facts = dict(rate=file.samplerate, channels=file.channels, frames=file.frames, subtype=file.subtype, format=file.format)
            native = "int16" if file.subtype == "PCM_16" else "int32" if file.subtype.startswith("PCM") else "float64"
            samples = file.read(dtype=native, always_2d=True)
        shift = 8 if facts["subtype"] == "PCM_24" else 0
        scipy_samples = data.reshape(len(data), -1)
        print(json.dumps(dict(
            facts,
            first=plain(samples[0] >> shift if shift else samples[0]),
            last=plain(samples[-1] >> shift if shift else samples[-1]),
            sum=float(np.abs(samples.astype("f8")).sum()),
            scipy=dict(rate=rate, shape=list(scipy_samples.shape), same=bool(np.array_equal(scipy_samples.astype("f8"), samples.astype("f8")))),
            warnings=[str(each.message) for each in told],
        )))
        continue
    found = {}
    for name, options in dict(
        plain=dict(dejitter_timestamps=False, synchronize_clocks=False),
        default={},
    ).items():
        streams, header = pyxdf.load_xdf(path, **options)
        found[name] = [
            dict(
                info=one(stream["info"]),
                labels=[channel["label"][0] for channel in stream["info"]["desc"][0]["channels"][0]["channel"]],
                series=plain(stream["time_series"]),
                stamps=plain(stream["time_stamps"]),
                offsets=offsets_of(stream),
                footer=one(stream["footer"]["info"]) if "footer" in stream else None,
                dtype=str(getattr(stream["time_series"], "dtype", "list")),
            )
            for stream in streams
        ]
    print(json.dumps(dict(found, header=one(header["info"])), allow_nan=True))
