"""TUM-GAID: 305 subjects from one side, in colour and depth, 640 × 480, 30 frames a second.

| | |
|---|---|
| subjects | 305, ``001`` to ``305``: 150 train (100 and 50 to validate), 155 test |
| conditions | ``n-01..06`` normal, ``b-01,02`` with a backpack, ``s-01,02`` in coating shoes |
| elapsed time | 32 came back months later, 16 of them test subjects: ``n-07..12``, ``b-03,04``, ``s-03,04`` |
| views | one, from the side: ``090`` |
| sequences | 305 × 10 + 32 × 10 = 3,370 |

Who trains stands in the lists that come with the data (``tumgaidtrainids.lst``, ``tumgaidvalids.lst``,
``tumgaidtestids.lst``). Request the data from its makers (Technical University of Munich).

Reference: Hofmann, Geiger, Bachmann, Schuller, Rigoll, "The TUM Gait from Audio, Image and Depth (GAID) database:
Multimodal recognition of subjects and traits", Journal of Visual Communication and Image Representation 25, 2014.
"""

from tfgait.datasets.protocol import Protocol, Role, Split

MODALITIES = ("flow", "grey", "rgb", "depth", "silhouettes")
SUBJECTS = tuple(f"{i:03d}" for i in range(1, 306))
FIRST_SESSION = (*(f"n-{i:02d}" for i in range(1, 7)), "b-01", "b-02", "s-01", "s-02")
SECOND_SESSION = (*(f"n-{i:02d}" for i in range(7, 13)), "b-03", "b-04", "s-03", "s-04")
CONDITIONS = FIRST_SESSION + SECOND_SESSION
VIEW = "090"

GALLERY = ("n-01", "n-02", "n-03", "n-04")
LATER_GALLERY = ("n-07", "n-08", "n-09", "n-10")
PROBES = {"n": ("n-05", "n-06"), "b": ("b-01", "b-02"), "s": ("s-01", "s-02")}
LATER_PROBES = {"n": ("n-11", "n-12"), "b": ("b-03", "b-04"), "s": ("s-03", "s-04")}

SPLITS = {
    "150/155": Split("150/155", None),
    "150/16": Split("150/16", None, having=SECOND_SESSION),
}
PROTOCOLS = {
    "tum_gaid": Protocol("tum_gaid", GALLERY, PROBES, cross_view=False),
    # The standard one: who was enrolled in January is to be recognised in April.
    "elapsed": Protocol("elapsed", GALLERY, LATER_PROBES, cross_view=False),
    # Embedded-Gait's own, whose gallery is of the same day as the probes.
    "elapsed_same_session": Protocol(
        "elapsed_same_session",
        LATER_GALLERY,
        LATER_PROBES,
        cross_view=False,
        note="gallery and probes are of the same session, as in Embedded-Gait; the standard test of elapsed time has "
        "the gallery of the first: --protocol elapsed",
    ),
}
NCLASSES = {
    150: Role("150/155", "train", FIRST_SESSION),
    155: Role("150/155", "test", GALLERY, "tum_gaid"),
    16: Role("150/16", "test", LATER_GALLERY, "elapsed_same_session"),
}
