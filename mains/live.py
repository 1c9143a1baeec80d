"""Name whoever walks through a video or past a camera, from a gallery of people who are known.

python mains/live.py --source walk.mp4 --gallery people.npz --out named.mp4
python mains/live.py --source 0 --gallery people.npz
python mains/live.py --help
"""

from _start import run

run("live")
