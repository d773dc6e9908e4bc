"""Writes an NWB file with pynwb alone, of the kinds of series that laboratories have."""

import datetime
import sys

import numpy as np
import pynwb

path = sys.argv[1]
file = pynwb.NWBFile(
    session_description="written by pynwb",
    identifier="x",
    session_start_time=datetime.datetime(2024, 3, 2, 10, 20, 30, 125000, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
    lab="lab",
)
file.subject = pynwb.file.Subject(subject_id="m1", species="Mus musculus", sex="M", age="P90D")
device = file.create_device(name="probe")
group = file.create_electrode_group(name="shank", description="x", location="CA1", device=device)
file.add_electrode_column(name="label", description="name of the channel")
for name in ("A", "B", "C"):
    file.add_electrode(location="CA1", group=group, label=name)
region = file.create_electrode_table_region(region=[0, 2], description="two of three")
raw = np.arange(2000, dtype=np.int16).reshape(-1, 2)
file.add_acquisition(
    pynwb.ecephys.ElectricalSeries(
        name="raw", data=raw, electrodes=region, rate=30000.0, starting_time=1.5, conversion=1e-6, channel_conversion=[2.0, 4.0], offset=0.5
    )
)
lfp = pynwb.ecephys.ElectricalSeries(
    name="lfp", data=np.linspace(0, 1, 600, dtype=np.float32).reshape(-1, 2), electrodes=region, rate=1000.0
)
file.create_processing_module(name="ecephys", description="x").add(pynwb.ecephys.LFP(electrical_series=lfp))
stamps = np.concatenate([np.arange(0, 100), np.arange(150, 250)]) / 100.0 + 3.0
file.add_acquisition(pynwb.TimeSeries(name="position", data=np.arange(200.0), unit="cm", timestamps=stamps))
file.add_acquisition(
    pynwb.TimeSeries(name="licks", data=np.ones(50), unit="n/a", timestamps=np.cumsum(np.random.default_rng(1).exponential(1.0, 50)))
)
file.add_acquisition(pynwb.misc.AnnotationSeries(name="notes", data=["start", "reward 7"], timestamps=[2.0, 2.5]))
file.add_trial(start_time=2.0, stop_time=2.75)
with pynwb.NWBHDF5IO(path, "w") as io:
    io.write(file)
