import numpy as np
import pytest

from tfgait.core.errors import ConfigError
from tfgait.synthesis.camera import DISTANCE, FOCAL, HEIGHT, WIDTH, beside, look, parse_view
from tfgait.synthesis.outline import outlines, wider

EYE = np.array([0.0, 5.0, 1.0])
CAMERA = look(EYE, [0.0, 0.0, 1.0])  # level, from the left of somebody who walks along x


def test_known_points_fall_where_a_pinhole_puts_them():
    pixels, depth = CAMERA.project(np.array([[0.0, 0.0, 1.0], [0.5, 0.0, 1.0], [0.0, 0.0, 1.5], [0.5, 2.5, 1.0]]))
    middle = WIDTH / 2, HEIGHT / 2
    # forwards is to the left: who shows the left side walks to the left of the picture
    expected = [middle, (middle[0] - FOCAL * 0.1, middle[1]), (middle[0], middle[1] - FOCAL * 0.1)]
    expected.append((middle[0] - FOCAL * 0.2, middle[1]))
    np.testing.assert_allclose(pixels, expected)
    np.testing.assert_allclose(depth, [5, 5, 5, 2.5])


def test_slope_is_the_derivative():
    camera, point, step = beside(36, 2.0), np.array([0.4, -0.2, 1.3]), 1e-6
    numeric = [
        (camera.project(point + step * axis)[0] - camera.project(point - step * axis)[0]) / (2 * step)
        for axis in np.eye(3)
    ]
    np.testing.assert_allclose(camera.slope(point), np.transpose(numeric), rtol=1e-6)


def test_views_go_round_the_walker_as_in_casia_b():
    for view, place in ((0, (1, 0)), (90, (0, 1)), (180, (-1, 0))):
        np.testing.assert_allclose(beside(view, 1.0).position[:2], DISTANCE * np.array(place), atol=1e-12)


def test_what_the_left_sees_is_the_mirror_of_what_the_right_sees():
    points = np.random.default_rng(0).normal(size=(20, 3))
    left, _ = beside(54, 2.0).project(points)
    right, _ = beside(-54, 2.0).project(points * [1, -1, 1])
    np.testing.assert_allclose(left, (WIDTH, 0) + right * (-1, 1))


def test_a_longer_walk_is_seen_from_farther_away_and_fits():
    for seconds in (1.0, 2.4, 6.0):
        camera = beside(90, seconds)
        way = np.array([[-0.7 * seconds, 0.0, 0.0], [0.7 * seconds, 0.0, 1.8]])
        pixels, _ = camera.project(way)
        assert (pixels > 0).all() and (pixels < (WIDTH, HEIGHT)).all()


def test_a_ball_is_a_circle_and_two_are_a_capsule():
    radius = 0.1
    axes = np.broadcast_to(radius * np.eye(3), (1, 1, 2, 3, 3))
    same, _ = outlines(CAMERA, np.broadcast_to([0.0, 0.0, 1.0], (1, 1, 2, 3)), axes)
    reach = np.linalg.norm(same[0, 0] - (WIDTH / 2, HEIGHT / 2), axis=-1)
    np.testing.assert_allclose(reach, FOCAL * radius / 5, rtol=1e-5)
    centres = np.array([[[[0.0, 0.0, 1.0], [0.0, 0.0, 1.5]]]])
    capsule, depth = outlines(CAMERA, centres, axes)
    low, high = capsule[0, 0].min(axis=0), capsule[0, 0].max(axis=0)
    np.testing.assert_allclose(high[1] - HEIGHT / 2, FOCAL * radius / 5, rtol=1e-5)
    # off the axis a ball is seen a little larger than it is
    np.testing.assert_allclose(HEIGHT / 2 - low[1], FOCAL * (0.5 + radius) / 5, rtol=2e-3)
    np.testing.assert_allclose(depth, 5.0)
    fat = np.linalg.norm(wider(same, 2.0)[0, 0] - (WIDTH / 2, HEIGHT / 2), axis=-1)
    np.testing.assert_allclose(fat, FOCAL * radius / 5 + 2.0, rtol=1e-5)


def test_parse_view():
    assert [parse_view(v) for v in ("000", "018", "180", "033")] == [0, 18, 180, 33]
    for view in ("18", "181", "-18", "0x1", "", None, "³³³"):
        with pytest.raises(ConfigError, match="view must be"):
            parse_view(view)
