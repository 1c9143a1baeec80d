"""Train a network on walking people.

python mains/train_singlenet.py --use3d
python mains/train_singlenet.py --net gaitset --epochs 30
python mains/train_singlenet.py --help
"""

from _start import run

run("train")
