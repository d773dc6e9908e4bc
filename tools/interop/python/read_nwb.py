"""Checks an NWB file with pynwb's validator and nwbinspector, and prints what pynwb reads as one JSON object."""

import json
import sys

import numpy as np
import pynwb
from nwbinspector import inspect_nwbfile

path = sys.argv[1]


def series(each):
    data = np.asarray(each.data)
    gains = np.asarray(getattr(each, "channel_conversion", None) or [1.0])
    volts = data * each.conversion * gains + each.offset
    times = None if each.timestamps is None else np.asarray(each.timestamps)
    return {
        "type": type(each).__name__,
        "dtype": str(data.dtype),
        "shape": data.shape,
        "rate": None if each.rate is None else float(each.rate),
        "start": each.starting_time,
        "times": None if times is None else [float(times[0]), float(times[-1]), bool(np.all(np.diff(times) > 0))],
        "unit": each.unit,
        "head": data[0].tolist(),
        "tail": data[-1].tolist(),
        "physical": volts[-1].tolist(),
    }


with pynwb.NWBHDF5IO(path, "r") as io:
    file = io.read()
    events = file.acquisition.get("events")
    result = {
        "start": file.session_start_time.isoformat(),
        "subject": file.subject and {"id": file.subject.subject_id, "species": file.subject.species},
        "series": {
            name: series(each) for name, each in file.acquisition.items() if not isinstance(each, pynwb.misc.AnnotationSeries)
        },
        "events": [] if events is None else list(zip(events.timestamps[:].tolist(), events.data[:].tolist())),
        "intervals": {
            name: table.to_dataframe().to_dict("records") for name, table in (file.intervals or {}).items()
        },
        "electrodes": [] if file.electrodes is None else file.electrodes.to_dataframe()["channel_name"].tolist(),
        "script": file.source_script,
    }

result["errors"] = [str(error) for error in pynwb.validate(path=path)]
result["findings"] = [
    [message.importance.name, message.check_function_name]
    for message in inspect_nwbfile(nwbfile_path=path)
    if message.importance.name != "BEST_PRACTICE_SUGGESTION"
]
print(json.dumps(result))
