"""Reads runs of a BIDS dataset with MNE-BIDS; prints one JSON line for each."""

import json
import sys
import warnings

import mne
import numpy as np
from mne_bids import get_entity_vals, get_bids_path_from_fname, read_raw_bids

warnings.simplefilter("ignore")
mne.set_log_level("ERROR")

for path in sys.argv[2:]:
    raw = read_raw_bids(get_bids_path_from_fname(path), verbose="ERROR")
    left = raw.copy().load_data().pick([0]).get_data(reject_by_annotation="omit")
    print(
        json.dumps(
            dict(
                subjects=get_entity_vals(sys.argv[1], "subject"),
                names=raw.ch_names,
                types=raw.get_channel_types(),
                rate=raw.info["sfreq"],
                line=raw.info["line_freq"],
                samples=int(raw.n_times),
                left=left.shape[1],
                first=np.round(raw.get_data(start=1, stop=2)[:, 0] * 1e6, 6).tolist(),
                date=str(raw.info["meas_date"]),
                subject=raw.info["subject_info"],
                annotations=[
                    [round(float(a["onset"]), 6), round(float(a["duration"]), 6), str(a["description"])]
                    for a in raw.annotations
                ],
            ),
            default=str,
        )
    )
