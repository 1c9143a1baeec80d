"""How far a written file is from the Keras network it came from, on real sequences."""

from dataclasses import dataclass

import numpy as np

from tfgait.core.errors import DataError, UserError

# Probes of which rounding takes the nearest for another as easily as it gives it back.
CHANCE = 2


class ParityError(UserError):
    """A written file gives other embeddings than its network: it is not kept."""


@dataclass(frozen=True)
class Parity:
    """The distance of two sets of embeddings.

    Args:
        cosine: lowest cosine of any sequence, all its parts as one vector.
        max_abs_error: largest difference of two numbers.
        largest: largest absolute value of the reference, the scale of `max_abs_error`.
        sequences: how many were compared.
    """

    cosine: float
    max_abs_error: float
    largest: float
    sequences: int


@dataclass(frozen=True)
class Rank1:
    """How well a file recognises, beside the network it came from.

    Args:
        network, file: rank-1 in percent, means over the kinds of probes.
        people: who were scored, all of them never seen in training.
        sequences: of these people.
        probes: sequences whose nearest one was looked for.
    """

    network: float
    file: float
    people: int
    sequences: int
    probes: int

    @property
    def drop(self):
        """Points of rank-1 that the file recognises less; negative where it recognises more."""
        return round(self.network - self.file, 4)


def compare(reference, candidate):
    """Return the `Parity` of two arrays of embeddings (N, P, D).

    Raises:
        DataError: their shapes differ, they are empty, or a value is not finite.
    """
    reference, candidate = np.asarray(reference, np.float64), np.asarray(candidate, np.float64)
    if reference.shape != candidate.shape or not reference.size:
        raise DataError(
            f"embeddings to compare must have one shape and not be empty. "
            f"Received: {reference.shape} and {candidate.shape}."
        )
    if not np.isfinite(reference).all() or not np.isfinite(candidate).all():
        raise DataError("embeddings to compare must be finite. Received: NaN or infinity.")
    a, b = reference.reshape(len(reference), -1), candidate.reshape(len(candidate), -1)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    same = (a == b).all(axis=1)
    # Two zero vectors are equal; a zero one beside another is as far as can be.
    cosine = np.where(same, 1.0, (a * b).sum(axis=1) / np.where(norms > 0, norms, 1.0))
    return Parity(
        cosine=float(np.clip(cosine, -1, 1).min()),
        max_abs_error=float(np.abs(a - b).max()),
        largest=float(np.abs(a).max()),
        sequences=len(a),
    )


def check_rank1(rank1, form, max_drop=None):
    """Raise `ParityError` where a file loses more rank-1 than a `Format` row allows, and more than `CHANCE` probes.

    Args:
        rank1: `Rank1`; None where it was not measured, which nothing is wrong with.
        form: the row.
        max_drop: points, in place of the row's own.
    """
    most = form.max_rank1_drop if max_drop is None else max_drop
    if rank1 is None or rank1.drop <= max(most, 100 * CHANCE / rank1.probes):
        return
    raise ParityError(
        f"{form.format} with precision={form.precision} must keep rank-1 within {most:g} points of Keras. "
        f"Received: {rank1.file:.2f} against {rank1.network:.2f} percent, {rank1.drop:.2f} points lower, over "
        f"{rank1.probes} probes of {rank1.people} people. Nothing was written."
    )


def check_parity(parity, form, min_cosine=None):
    """Raise `ParityError` unless a `Parity` lies within the tolerance of a `Format` row.

    Args:
        parity: what was measured.
        form: the row of `tfgait.deploy.formats`.
        min_cosine: replaces the row's own.
    """
    lowest = form.min_cosine if min_cosine is None else min_cosine
    what = f"{form.format} with precision={form.precision}"
    if parity.cosine < lowest:
        raise ParityError(
            f"{what} must keep every embedding within cosine {lowest} of Keras. Received: {parity.cosine:.6f}, "
            f"{lowest - parity.cosine:.6f} too low, over {parity.sequences} sequences. Nothing was written."
        )
    if form.max_error is not None and parity.max_abs_error > form.max_error * parity.largest:
        raise ParityError(
            f"{what} must stay within {form.max_error * parity.largest:.3g} of Keras. Received: "
            f"{parity.max_abs_error:.3g}, {parity.max_abs_error / (form.max_error * parity.largest):.1f} times that, "
            f"over {parity.sequences} sequences. Nothing was written."
        )
