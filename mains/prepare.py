"""Make windows of flow or pictures from your videos or frames.

python mains/prepare.py --source my_videos --out data/mine
python mains/prepare.py --source my_videos --out data/mine_tf --modalities flow,grey --format hdf5
python mains/prepare.py --help
"""

from _start import run

run("prepare")
