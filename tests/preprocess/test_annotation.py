import numpy as np

from tfgait.preprocess.annotation import KNOWN, annotate

FRAME = np.full((120, 160, 3), 90, np.uint8)


def test_a_box_and_its_text():
    made = annotate(FRAME, (40, 50, 30, 60), "Ada 1.25", KNOWN)
    assert (FRAME == 90).all()
    for y, x in ((50, 40), (109, 40), (50, 69), (109, 69), (80, 40)):
        np.testing.assert_array_equal(made[y, x], KNOWN)
    np.testing.assert_array_equal(made[80, 55], (90, 90, 90))
    np.testing.assert_array_equal(made[111:], FRAME[111:])
    assert (made[38:50, 40:100] != 90).any() and (made[:30, 100:] == 90).all()


def test_nothing_to_say():
    np.testing.assert_array_equal(annotate(FRAME, None, "", KNOWN), FRAME)
    assert (annotate(FRAME, None, "", KNOWN, "25 frames/s") != FRAME).any()


def test_text_stays_in_the_picture_whatever_it_is():
    for box in ((0, 0, 20, 50), (150, 2, 10, 110), (100, 118, 2, 2)):
        made = annotate(FRAME, box, "Zoë 太郎", KNOWN)
        ground = (made == 0).all(axis=2)
        assert ground.sum() > 300, box
    tiny = annotate(FRAME[:16, :16], (2, 2, 5, 9), "a name that is too long", KNOWN, "25 frames/s")
    assert tiny.shape == (16, 16, 3)
