"""Measure every model file of a run side by side: bytes, memory, cold start, latency, joules, rank-1.

python mains/benchmark.py
python mains/benchmark.py --model gaitset_walkers --threads 1,2 --batch 1,8
python mains/benchmark.py --model model.tflite,model_int8.tflite --no_rank1
python mains/benchmark.py --help
"""

from _start import run

run("benchmark")
