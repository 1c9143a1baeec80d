"""Films of walkers, each made once a session, and how well masks fit."""

import functools

import cv2
import numpy as np

from tfgait.synthesis.film import film


@functools.cache
def filmed(subject=9201, condition="nm-01", view="090", frames=70):
    """(pictures (T, 240, 320, 3) blue, green, red; silhouettes (T, 240, 320)) of a walk, not to be written to."""
    pictures, silhouettes = film(subject, condition, view, seed=0, frames=frames)
    pictures = pictures[..., ::-1]
    pictures.setflags(write=False)
    silhouettes.setflags(write=False)
    return np.ascontiguousarray(pictures), silhouettes


def write_film(path, pictures, codec="mp4v", fps=25):
    """Write frames (T, H, W, 3), blue, green, red, as a video file; return its path."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, pictures.shape[2:0:-1])
    for picture in pictures:
        writer.write(np.ascontiguousarray(picture))
    writer.release()
    return path


def whole(silhouette, margin=3):
    """Whether a person is in the picture from head to feet."""
    inside = silhouette[margin:-margin, margin:-margin]
    return bool(silhouette.any()) and np.count_nonzero(inside) == np.count_nonzero(silhouette)


def iou(first, second):
    """Intersection of two masks by their union."""
    first, second = first > 127, second > 127
    return np.count_nonzero(first & second) / max(1, np.count_nonzero(first | second))
