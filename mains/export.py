"""Write a model for a board, and prove that it computes the same.

python mains/export.py --format tflite --precision int8
python mains/export.py --format onnx
python mains/export.py --help
"""

from _start import run

run("export")
