"""Put people in a gallery, by a model file; add, forget, choose whom it does not know.

python mains/enroll.py --source my_videos --model model_int8.tflite --gallery people.npz
python mains/enroll.py --gallery people.npz --remove Ada
python mains/enroll.py --help
"""

from _start import run

run("enroll")
