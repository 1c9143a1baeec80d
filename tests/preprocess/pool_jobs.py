"""Functions that the processes of the pool tests run."""

import os
import sys
import time

import numpy as np

from tfgait.core.errors import DataError


def square(number):
    print("this must not disturb the answers")
    time.sleep(0.02 * (number % 3))
    return number * number, os.getpid()


def loaded(_):
    return "tensorflow" in sys.modules or "keras" in sys.modules, os.environ["OMP_NUM_THREADS"]


def picky(number):
    if number == 3:
        raise DataError("it is damaged.")
    return np.full(3, number)


def buggy(number):
    return 1 / (number - 3)


def deadly(number):
    if number == 3:
        os._exit(7)
    return number


def idle(path):
    with open(path, "w") as file:
        file.write(str(os.getpid()))


def busy(path):
    idle(path)
    time.sleep(1)


def slow(path):
    idle(path)
    time.sleep(60)


def unpicklable(_):
    return lambda: None
