"""Reads EDF, BDF and BrainVision files with every reader there is; prints what each says of each file, one JSON line a file."""

import json
import sys
import warnings

import edfio
import mne
import neo
import numpy as np
import pyedflib

warnings.simplefilter("ignore")
mne.set_log_level("ERROR")


def by_mne(path):
    read = {"edf": mne.io.read_raw_edf, "bdf": mne.io.read_raw_bdf, "vhdr": mne.io.read_raw_brainvision}[path.rsplit(".")[-1]]
    raw = read(path, preload=True)
    values = raw.get_data(picks=[0])[0] / 0.5e-6
    kept = raw.get_data(picks=[0], reject_by_annotation="omit")[0] / 0.5e-6
    date = raw.info["meas_date"]
    return {
        "samples": int(raw.n_times),
        "rate": float(raw.info["sfreq"]),
        "values": np.round(values, 3).tolist(),
        "kept": int(kept.size),
        "annotations": [[round(float(a["onset"]), 6), a["description"]] for a in raw.annotations],
        "second": date.second if date else None,
    }


def by_pyedflib(path):
    with pyedflib.EdfReader(path) as reader:
        start = reader.getStartdatetime()
        onsets, _, texts = reader.readAnnotations()
        return {
            "values": reader.readSignal(0, digital=True).tolist(),
            "annotations": [[round(float(o), 6), str(t)] for o, t in zip(onsets, texts)],
            "microsecond": start.microsecond,
            "second": start.second,
        }


def by_edfio(path):
    file = (edfio.read_edf if path.endswith("edf") else edfio.read_bdf)(path)
    return {
        "values": file.signals[0].digital.tolist(),
        "annotations": [[round(float(a.onset), 6), a.text] for a in file.annotations],
        "microsecond": file.starttime.microsecond,
        "second": file.starttime.second,
    }


def by_neo(path):
    segment = neo.io.BrainVisionIO(path).read_block().segments[0]
    signal = segment.analogsignals[0]
    return {
        "values": np.round(np.asarray(signal)[:, 0] / 0.5, 3).tolist(),
        "rate": float(signal.sampling_rate),
        "events": sum(len(event.times) for event in segment.events),
    }


for path in sys.argv[1:]:
    readers = [by_mne, by_neo] if path.endswith("vhdr") else [by_mne, by_pyedflib, by_edfio]
    found = {}
    for reader in readers:
        try:
            found[reader.__name__[3:]] = reader(path)
        except Exception as error:
            found[reader.__name__[3:]] = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(found))
