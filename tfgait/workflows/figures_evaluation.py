"""What the search of nearest neighbours costs, against a bare matrix product of the same size."""

import statistics
import time
from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import ConfigError
from tfgait.evaluation.knn import nearest


@dataclass(frozen=True)
class EvaluationFiguresOptions:
    """Sizes of what is searched.

    Args:
        probes: sequences looked for.
        gallery: sequences looked among.
        parts: of an embedding.
        width: numbers of a part.
        k: neighbours found.
        metric: parts, flattened or cosine.
        repeats: runs of each side, interleaved; the median counts.
    """

    probes: int = 1000
    gallery: int = 5000
    parts: int = 62
    width: int = 256
    k: int = 10
    metric: str = "parts"
    repeats: int = 3


@dataclass(frozen=True)
class EvaluationFiguresResult:
    """CPU seconds on one thread, medians; ``ratio`` is search divided by product."""

    probes: int
    gallery: int
    parts: int
    width: int
    search_seconds: float
    product_seconds: float
    ratio: float


def figures_evaluation(options=None, progress=None):
    """Return the `EvaluationFiguresResult` of random embeddings.

    Raises:
        ConfigError: a size below 1.
    """
    from threadpoolctl import threadpool_limits

    options = options or EvaluationFiguresOptions()
    for name in ("probes", "gallery", "parts", "width", "repeats"):
        if getattr(options, name) < 1:
            raise ConfigError(f"{name} must be at least 1. Received: {name}={getattr(options, name)}.")
    rng = np.random.default_rng(0)
    probe = rng.standard_normal((options.probes, options.parts, options.width), dtype=np.float32)
    gallery = rng.standard_normal((options.gallery, options.parts, options.width), dtype=np.float32)
    search, product = [], []
    with threadpool_limits(1):
        for done in range(options.repeats):
            search.append(_cpu(lambda: nearest(probe, gallery, options.k, options.metric)))
            product.append(_cpu(lambda: [_product(probe, gallery, part) for part in range(options.parts)]))
            if progress:
                progress(done + 1, options.repeats, "nearest neighbours")
    search, product = statistics.median(search), statistics.median(product)
    return EvaluationFiguresResult(
        options.probes, options.gallery, options.parts, options.width, search, product, search / product
    )


def _product(probe, gallery, part):
    return (np.ascontiguousarray(probe[:, part]) @ np.ascontiguousarray(gallery[:, part]).T).shape


def _cpu(work):
    start = time.process_time()
    work()
    return time.process_time() - start
