"""What runs on a board imports neither TensorFlow nor Keras nor h5py."""

import subprocess
import sys

import numpy as np

SCRIPT = """
import sys
import numpy as np
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime import meter
sequences = list(np.load(sys.argv[2]).values())
np.save(sys.argv[3], Encoder(open_runner(sys.argv[1])).encode(sequences))
print(sorted({name.partition(".")[0] for name in sys.modules} & {"tensorflow", "keras", "h5py", "cv2", "sklearn"}))
"""


def test_fresh_process_encodes_without_tensorflow(written, tmp_path):
    np.savez(tmp_path / "sequences.npz", *written.sequences)
    for source in written.paths.values():
        arguments = [str(source), str(tmp_path / "sequences.npz"), str(tmp_path / "found.npy")]
        done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == "[]"
        np.testing.assert_allclose(np.load(tmp_path / "found.npy"), written.reference, atol=0.1)
