"""Prints what h5py reads of a file in nodeacq's layout of HDF5, as one JSON object per argument. Nothing of nodeacq is needed."""

import json
import sys

import h5py
import numpy as np

for path in sys.argv[1:]:
    # A file that is being written, or whose writer was killed, opens this way only.
    with h5py.File(path, "r", swmr=True) as file:
        streams = {}
        for group in file["streams"].values():
            data, segments = group["data"], group["segments"][:]
            rows = int(segments[:, 2].sum())
            # The index of each row that was synced.
            index = np.concatenate([np.arange(i, i + n) for _, i, n in segments]) if rows else np.zeros(0, np.int64)
            samples = data[:rows]
            streams[group.attrs["name"]] = {
                "dtype": json.loads(group.attrs["dtype"]),
                "stored": str(data.dtype),
                "rate": float(group.attrs["sample_rate"]),
                "rows": rows,
                "kept": data.shape[0],
                "segments": segments.tolist(),
                "channels": [name.decode() for name in group["channels/name"][:]],
                "gains": group["channels/gain"][:].tolist(),
                "gaps": [[int(a), int(b), cause.decode()] for a, b, cause in group["gaps"][:]],
                "events": [[int(i), int(d), int(v), label.decode()] for i, d, v, label in group["events"][:]],
                "head": samples[:1].tolist(),
                "tail": samples[-1:].tolist(),
                # Sample i of a test signal is i, -i, i mod 7.
                "right": bool(
                    samples.ndim == 2
                    and samples.shape[1] == 3
                    and np.array_equal(samples, np.stack([index, -index, index % 7], axis=1).astype(data.dtype))
                ),
            }
        print(json.dumps({"layout": int(file.attrs["nodeacq_layout"]), "start": file.attrs["start_time"], "streams": streams}))
