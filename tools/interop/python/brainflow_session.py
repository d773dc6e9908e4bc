"""Drives an OpenBCI Cyton (board id, serial port) with BrainFlow, and tells as JSON what it got."""

import json
import sys
import time

import numpy
from brainflow.board_shim import BoardShim, BrainFlowInputParams

board_id, port, samples = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
BoardShim.disable_board_logger()
params = BrainFlowInputParams()
params.serial_port = port
board = BoardShim(board_id, params)
board.prepare_session()
replies = [board.config_board("x2030110X"), board.config_board("V")]
board.start_stream()
deadline = time.monotonic() + 60
while board.get_board_data_count() < samples and time.monotonic() < deadline:
    time.sleep(0.05)
data = board.get_board_data()
board.stop_stream()
board.release_session()
eeg = data[BoardShim.get_eeg_channels(board_id)]
report = {
    "version": BoardShim.get_version(),
    "replies": replies,
    "rate": BoardShim.get_sampling_rate(board_id),
    "numbers": data[BoardShim.get_package_num_channel(board_id)].tolist(),
    "first": eeg[0].tolist(),
    "last": eeg[-1].tolist(),
    "acceleration": data[BoardShim.get_accel_channels(board_id)].tolist(),
    "finite": bool(numpy.isfinite(eeg).all()),
}
print("REPORT " + json.dumps(report))
