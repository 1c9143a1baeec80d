"""Textured grey pictures of a walk before a textured wall, for optical flow.

Clothes and wall are drawn anew for every sequence, so neither brightness nor texture tells who walks.
"""

import cv2
import numpy as np

from tfgait.synthesis.camera import HEIGHT, WIDTH
from tfgait.synthesis.render import SHIFT, fixed

_TEXTURE = 128  # pixels of a side
_PER_METRE = 90.0  # pixels of texture
_OVER = 0.15  # metres
_SENSOR = 2.0  # standard deviation of the noise of the camera, grey levels
_MATERIAL = {
    "skin": ("head", "neck", "hand"),
    "shirt": ("yoke", "chest", "belly", "upper_arm", "forearm"),
    "trousers": ("pelvis", "thigh", "shank"),
    "shoes": ("foot", "toes", "overshoe"),
    "coat": ("skirt",),
    "bag": ("bag", "strap"),
}
MATERIALS = tuple(_MATERIAL)
_OF_PART = {part: material for material, parts in _MATERIAL.items() for part in parts}


def noise_texture(rng, height, width, mean, contrast):
    """A uint8 texture `(height, width)`: four octaves of smooth noise round a mean."""
    total = np.zeros((height, width), np.float32)
    for octave, weight in ((48, 0.8), (20, 0.9), (9, 1.0), (4, 0.8)):
        coarse = rng.standard_normal((height // octave + 2, width // octave + 2), dtype=np.float32)
        total += weight * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(mean + contrast * total, 0, 255).astype(np.uint8)


def grey(surface, outline, depth, camera, clothes, wall, light=None):
    """Grey pictures, uint8 `(T, HEIGHT, WIDTH)`.

    Args:
        surface: the `Surface` of T frames.
        outline: `(T, P, K, 2)` pixels, its outlines.
        depth: `(T, P)` metres; far parts are painted first.
        camera: the `Camera`.
        clothes: a generator for the textures of the clothes, the same from every view of a walk.
        wall: a generator for the background and the noise of the camera.
        light: T factors `(HEIGHT, WIDTH)` on the wall's brightness; None: it is the same everywhere.
    """
    textures = _textures(surface.names, clothes)
    background = noise_texture(wall, HEIGHT, WIDTH, wall.uniform(60, 190), wall.uniform(8, 20))
    pictures = np.repeat(background[None], len(outline), axis=0)
    for picture, factor in zip(pictures, () if light is None else light, strict=light is not None):
        picture[:] = np.rint(picture * factor)
    inverse, gain = _mappings(surface, camera), _light(depth)
    corners = fixed(outline)
    low = np.clip(np.floor(outline.min(axis=2)).astype(int) - 1, 0, (WIDTH, HEIGHT))
    high = np.clip(np.ceil(outline.max(axis=2)).astype(int) + 2, 0, (WIDTH, HEIGHT))
    order = paint_order(surface.names, depth)
    for t, picture in enumerate(pictures):
        for p in order[t]:
            (x0, y0), (x1, y1) = low[t, p], high[t, p]
            if x1 <= x0 or y1 <= y0:
                continue
            matrix = inverse[t, p].copy()
            matrix[:, 2] += matrix[:, :2] @ (x0, y0)
            size = int(x1 - x0), int(y1 - y0)
            patch = cv2.warpAffine(
                textures[p], matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
            )
            mask = np.zeros(patch.shape, np.uint8)
            cv2.fillConvexPoly(mask, corners[t, p] - (np.array([x0, y0], np.int32) << SHIFT), 1, cv2.LINE_8, SHIFT)
            cv2.copyTo(cv2.convertScaleAbs(patch, alpha=gain[t, p]), mask, picture[y0:y1, x0:x1])
    return _filmed(pictures, wall)


def paint_order(names, depth):
    """The parts `(T, P)` of each frame, far ones first."""
    # a skirt lies over both thighs, though its middle is between them
    return np.argsort(-depth + _OVER * (np.array(names) == "skirt"), axis=1)


def materials_of(names):
    """The material of each part, among `MATERIALS`; a coat covers shirt and pelvis."""
    materials = [_OF_PART[name] for name in names]
    if "skirt" in names:
        materials = ["coat" if m == "shirt" or n == "pelvis" else m for m, n in zip(materials, names, strict=True)]
    return materials


def _textures(names, rng):
    """One texture a part: parts of one material share brightness and contrast, not the pattern."""
    look = {m: (rng.uniform(50, 205), rng.uniform(16, 32)) for m in _MATERIAL}
    look["skin"] = rng.uniform(90, 200), 14.0
    return [noise_texture(rng, _TEXTURE, _TEXTURE, *look[m]) for m in materials_of(names)]


def _mappings(surface, camera):
    """Affine maps `(T, P, 2, 3)` from pixels to each part's texture, which rides along the part's long axis."""
    first, last = surface.centres[:, :, 0], surface.centres[:, :, -1]
    start, depth = camera.project(first)
    end, _ = camera.project(last)
    scale = camera.focal / depth / _PER_METRE  # pixels of the picture a pixel of texture
    along = (end - start) / _PER_METRE
    along /= np.maximum(np.linalg.norm(last - first, axis=-1).mean(axis=0), 0.05)[:, None]
    seen = np.linalg.norm(along, axis=-1, keepdims=True)
    # a part that points at the camera keeps some length, lest its texture explode
    along = np.where(seen > 1e-6, along / np.maximum(seen, 1e-6), [0.0, 1.0]) * np.maximum(
        seen, 0.35 * scale[..., None]
    )
    across = np.stack([-along[..., 1], along[..., 0]], -1)
    across *= (scale / np.linalg.norm(across, axis=-1))[..., None]
    matrix = np.linalg.inv(np.stack([across, along], axis=-1))
    offset = np.array([_TEXTURE / 2, _TEXTURE / 4]) - np.einsum("tpij,tpj->tpi", matrix, start)
    return np.concatenate([matrix, offset[..., None]], axis=-1)


def _light(depth):
    """What is nearer is lighter, so that one limb stands out from another."""
    return np.clip(1.0 - 0.7 * (depth - depth.mean(axis=1, keepdims=True)), 0.75, 1.2)


def _filmed(pictures, rng):
    """Add the noise of a sensor: one large field of noise, cut elsewhere for every frame."""
    field = np.rint(_SENSOR * rng.standard_normal((HEIGHT + 64, WIDTH + 64), dtype=np.float32)).astype(np.int16)
    for picture, (y, x) in zip(pictures, rng.integers(0, 64, (len(pictures), 2)), strict=True):
        picture[:] = np.clip(picture + field[y : y + HEIGHT, x : x + WIDTH], 0, 255)
    return pictures
