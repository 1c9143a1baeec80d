"""What a sequence is made of: name, shape, storage type, and the unit the networks get."""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import check_choice


@dataclass(frozen=True)
class Modality:
    """A kind of input.

    Args:
        name: the key of the network's input.
        shape: (H, W, C) of one frame where nothing else is said.
        dtype: how the packed store keeps it.
        scale: stored value x scale = what the network is given; 1 leaves the stored type alone,
            so that bytes stay bytes until they are on the device.
        unit: of what the network is given.
        frames: frames of one sample where nothing else is said.
    """

    name: str
    shape: tuple
    dtype: str
    scale: float
    unit: str
    frames: int = 30

    def to_network(self, stored):
        """Turn stored values (..., H, W, C) into what the network is given, in numpy."""
        return stored if self.scale == 1 else stored.astype(np.float32) * np.float32(self.scale)


MODALITIES = {
    m.name: m
    for m in (
        Modality("silhouettes", (64, 44, 1), "uint8", 1, "0 background, 255 person"),
        Modality("heatmaps", (64, 44, 2), "uint8", 1, "0 to 255, limb then joint"),
        Modality("flow", (60, 60, 2), "int16", 0.01, "pixels of the source video a frame, x then y", frames=25),
        Modality("grey", (60, 60, 1), "uint8", 1, "0 black, 255 white", frames=25),
        Modality("rgb", (60, 60, 3), "uint8", 1, "0 dark, 255 bright; red, green, blue", frames=25),
        Modality("depth", (60, 60, 1), "uint16", 1, "millimetres from the camera, 0 unknown", frames=25),
        Modality("poses", (17, 3, 1), "float32", 1, "x and y in pixels, confidence; COCO-17"),
    )
}


# What Embedded-Gait's option --mod calls them.
PUBLISHED_NAMES = {"of": "flow", "gray": "grey", "silhouette": "silhouettes"}


def modality(name):
    """Return the `Modality` of that name, ours or Embedded-Gait's; an unknown one raises `ConfigError`."""
    name = PUBLISHED_NAMES.get(name, name)
    check_choice("modality", name, list(MODALITIES))
    return MODALITIES[name]
