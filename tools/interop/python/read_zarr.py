"""Prints what zarr-python reads of a folder in nodeacq's layout, then flips a bit in a chunk and says what the reader does about it."""

import json
import pathlib
import sys

import numpy as np
import zarr

path = sys.argv[1]
root = zarr.open_group(path, mode="r")
streams = {}
for name, group in root.groups():
    data, segments = group["data"], group["segments"][:]
    rows = int(segments[:, 2].sum())
    index = np.concatenate([np.arange(i, i + n) for _, i, n in segments])
    samples = data[:rows]
    table = lambda part, columns, text: [] if part not in group else [
        [*(int(group[part][column][row]) for column in columns), group[part][text].attrs["texts"][int(group[part][text][row])]]
        for row in range(group[part][text].shape[0])
    ]
    streams[group.attrs["name"]] = {
        "dtype": str(data.dtype),
        "shape": data.shape,
        "dimensions": data.metadata.dimension_names,
        "segments": segments.tolist(),
        "gaps": table("gaps", ["from", "to"], "cause"),
        "events": table("events", ["index", "duration", "value"], "label"),
        "channels": [channel["name"] for channel in group.attrs["channelInfo"]],
        "right": bool(
            samples.shape[1] == 3 and np.array_equal(samples, np.stack([index, -index, index % 7], axis=1).astype(data.dtype))
        ),
    }
print(json.dumps({"layout": root.attrs["nodeacq"]["layout"], "streams": streams}))

chunk = pathlib.Path(path) / "raw" / "data" / "c" / "0" / "0"
content = bytearray(chunk.read_bytes())
content[100] ^= 4
chunk.write_bytes(content)
try:
    zarr.open_group(path, mode="r")["raw/data"][:]
    print(json.dumps("took it"))
except ValueError as error:
    print(json.dumps(type(error).__name__))
