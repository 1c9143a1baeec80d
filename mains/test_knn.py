"""Score a model with a gallery and k nearest neighbours.

python mains/test_knn.py --knn 7
python mains/test_knn.py --model models/gaitset_walkers --knn 1
python mains/test_knn.py --help
"""

from _start import run

run("test_knn")
