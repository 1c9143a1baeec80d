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
from tfgait.runtime.gallery import Gallery
from tfgait.runtime.stream import open_stream
sequences = list(np.load(sys.argv[2]).values())
found = Encoder(open_runner(sys.argv[1])).encode(sequences)
np.save(sys.argv[3], found)
gallery = Gallery("0" * 64, threshold=1)
gallery.enrol("somebody", found)
gallery.identify(found[0])
heavy = {"tensorflow", "keras", "h5py", "cv2", "scipy", "sklearn", "matplotlib"}
print(sorted({name.partition(".")[0] for name in sys.modules} & heavy))
"""


def test_fresh_process_encodes_without_tensorflow(written, tmp_path):
    np.savez(tmp_path / "sequences.npz", *written.sequences)
    for source in written.paths.values():
        arguments = [str(source), str(tmp_path / "sequences.npz"), str(tmp_path / "found.npy")]
        done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == "[]"
        np.testing.assert_allclose(np.load(tmp_path / "found.npy"), written.reference, atol=0.1)
