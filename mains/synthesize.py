"""Make people who walk.

python mains/synthesize.py --subjects 40 --out data/my_walkers
python mains/synthesize.py --subjects 4 --format png
python mains/synthesize.py --help
"""

from _start import run

run("synthesize")
