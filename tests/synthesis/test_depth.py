import cv2
import numpy as np

from tfgait.synthesis.camera import HEIGHT, WIDTH, beside
from tfgait.synthesis.depth import depth
from tfgait.synthesis.outline import outlines
from tfgait.synthesis.parts import Surface
from tfgait.synthesis.sequence import WalkerSettings, make_sequence

STILL = WalkerSettings(edge_noise=0.0, threshold_bias=0.0)
CAMERA = beside(90, 2.4)


def ball(centre, radius):
    surface = Surface(1)
    surface.add("head", (np.array([centre], float), radius))
    outline, _ = outlines(CAMERA, surface.centres, surface.axes)
    return depth(surface, outline, CAMERA, np.random.default_rng(0))[0]


def test_a_ball_and_the_room_are_as_far_as_geometry_says():
    centre, radius = np.array([0.3, -0.4, 1.0]), 0.4
    picture = ball(centre, radius)
    (x, y), far = CAMERA.project(centre)
    x, y = round(x), round(y)
    nearest = picture[y - 1 : y + 2, x - 1 : x + 2]
    assert abs(np.median(nearest[nearest > 0]) / 1000 - (far - radius)) < 0.06
    # The bottom row sees the floor: height of the camera over the slope of the ray, along the axis of the camera.
    down = CAMERA.rotation.T @ [0, (HEIGHT - 1 - HEIGHT / 2) / CAMERA.focal, 1]
    floor = picture[-1, WIDTH // 2 - 20 : WIDTH // 2 + 20]
    assert abs(np.median(floor[floor > 0]) / 1000 - CAMERA.position[2] / -down[2]) < 0.03
    wall = picture[40:60, 20:60]
    assert abs(np.median(wall[wall > 0]) / 1000 - (far + 1.2)) < 0.15


def test_what_stands_in_front_hides_what_is_behind():
    near = np.array([0.0, 0.5, 1.0])  # the camera of 090 stands at positive y
    (x, y), far = CAMERA.project(near)
    for centres in ((near, -near + [0, 0, 2]), (-near + [0, 0, 2], near)):
        surface = Surface(1)
        for centre in centres:
            surface.add("head", (centre[None], 0.3))
        outline, _ = outlines(CAMERA, surface.centres, surface.axes)
        picture = depth(surface, outline, CAMERA, np.random.default_rng(0))[0]
        seen = picture[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4]
        assert abs(np.median(seen[seen > 0]) / 1000 - (far - 0.3)) < 0.06


def test_the_walker_stands_out_and_rims_are_unknown():
    made = make_sequence(2, "b-01", "090", seed=0, frames=8, modalities=("depth", "silhouettes"), settings=STILL)
    person = np.stack([cv2.erode(m, np.ones((3, 3))) for m in made["silhouettes"]]) > 0
    around = np.stack([cv2.dilate(m, np.ones((5, 5))) for m in made["silhouettes"]]) > 0
    rim = np.stack([cv2.morphologyEx(m, cv2.MORPH_GRADIENT, np.ones((3, 3))) for m in made["silhouettes"]]) > 0
    far = made["depth"].astype(float)
    upper = np.zeros_like(person)
    upper[:, : HEIGHT // 2] = True  # before the wall, not the floor
    inside, outside = far[person & upper & (far > 0)], far[~around & upper & (far > 0)]
    assert np.median(outside) - np.median(inside) > 800
    assert 0.3 < (far[rim & upper] == 0).mean() < 0.7 and (far[~around & upper] == 0).mean() < 0.01


def test_noise_grows_with_the_square_of_the_distance():
    picture = ball((0.0, 0.0, 1.0), 0.01).astype(float)
    floor, wall = picture[-1, :], picture[20:40].ravel()
    floor, wall = floor[floor > 0], wall[wall > 0]
    near, far = np.median(floor), np.median(wall)
    assert 0.7 < np.std(wall) / (1.5 * (far / 1000) ** 2) < 1.6
    assert 0.7 < np.std(floor) / (1.5 * (near / 1000) ** 2) < 1.6


def test_colour_is_the_grey_of_the_same_walk():
    made = make_sequence(4, "n-02", "090", seed=1, frames=6, modalities=("rgb", "grey", "silhouettes"), settings=STILL)
    unsaturated = made["rgb"].max(axis=-1) < 255
    grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in made["rgb"]])
    assert np.abs(grey.astype(int) - made["grey"])[unsaturated].max() <= 2
    person = made["silhouettes"] > 0
    spread = np.ptp(made["rgb"].astype(int), axis=-1)
    assert spread[person].mean() > 20 and not spread[~person].any()
    others = [make_sequence(4, f"n-0{i}", "090", seed=1, frames=1, modalities=("rgb",))["rgb"][0] for i in (2, 3)]
    assert np.abs(others[0].astype(int) - others[1]).mean() > 5
