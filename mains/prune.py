"""Prune the latest run's filters, prove it, fine-tune it.

python mains/prune.py --percentile 10
python mains/prune.py --percentile 50 --model runs/my_run
python mains/prune.py --help
"""

from _start import run

run("prune")
