"""Who trains and who validates."""

from dataclasses import dataclass, replace

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.datasets.store import Store
from tfgait.workflows.data import open_data, protocol_of, role_of, split_of
from tfgait.workflows.sequence_validation import SequenceValidation, hold_out_sequences
from tfgait.workflows.sequence_validation import rank as rank_sequences
from tfgait.workflows.validation import Validation, hold_out
from tfgait.workflows.validation import rank as rank_people


@dataclass(frozen=True)
class TrainingData:
    """The data of a training.

    Args:
        store: all of it, people of the test side too.
        fitting: sequences that train in the first stage.
        held: sequences that validate meanwhile; None: none.
        everyone: both, which train in a second stage.
        classes: people the classifier tells apart, sorted.
        validate, rank: as `Trainer.fit` takes them; None without held sequences.
    """

    store: Store
    fitting: Store
    held: Store | None
    everyone: Store
    classes: tuple
    validate: object = None
    rank: object = None

    @property
    def val_people(self):
        """Names of the people who are held out as a whole."""
        return [] if self.held is None else sorted(set(people(self.held)) - set(people(self.fitting)))

    def labels(self, store):
        """Return the class of every row of a part that trains, (N,) int32."""
        return np.searchsorted(self.classes, store.table.subject).astype(np.int32)


def training_data(options, kind, progress=None):
    """Open the data as `TrainOptions` say and divide it.

    Args:
        options: resolved `TrainOptions`.
        kind: modality.
        progress: called with (done, total, what).

    Raises:
        ConfigError: more people or sequences held out than there are, a role or view the data set does not have.
        DataError: data that cannot be used, or fewer than two people to train on.
    """
    store = open_data(
        options.datadir,
        kind,
        views=options.views,
        conds=options.conds,
        min_frames=options.min_frames,
        skip_bad=options.skip_bad,
        progress=progress,
    )
    trains, conditions = _role(options, store)
    part = store.take(store.table.mask(subjects=trains, conditions=conditions or None))
    part = _without_camera(options, part)
    trains = people(part)
    if len(trains) < 2:
        raise DataError(
            f"training needs at least 2 people. Received: {len(trains)} on the training side of {store.path.name}."
        )
    if options.val == "sequences":
        held = hold_out_sequences(part, options.val_share, options.seed)
    else:
        held = np.isin(part.table.subject, hold_out(trains, options.val_subjects)[1])
    fitting = part.take(~held)
    classes = tuple(trains if options.extraepochs else people(fitting))
    data = TrainingData(store, fitting, part.take(held) if held.any() else None, part, classes)
    if data.held is None:
        return data
    if options.val == "sequences":
        return replace(data, validate=SequenceValidation(data.held, data.labels(data.held)), rank=rank_sequences)
    return replace(data, validate=Validation(data.held, protocol_of(store)), rank=rank_people)


def people(store):
    """Return the names of the people of a store, sorted."""
    return np.unique(store.table.subject).tolist()


def _role(options, store):
    """Return (people who train, conditions they train on; empty: all)."""
    if not options.nclasses:
        return split_of(store, options.split).subjects(store.table)[0], ()
    for name in ("split", "conds"):
        if getattr(options, name):
            raise ConfigError(f"nclasses says who trains on what. Received: {name}={getattr(options, name)} beside it.")
    role = role_of(store, options.nclasses)
    trains = split_of(store, role.split).subjects(store.table)[("train", "test").index(role.people)]
    present = set(store.table.condition.tolist())
    if role.fit and not present & set(role.fit):
        raise DataError(
            f"nclasses={options.nclasses} trains on {', '.join(role.fit)}. Received: {store.path}, which has none."
        )
    return trains, [c for c in role.fit if c in present]


def _without_camera(options, store):
    """Return the store without the view that is left out."""
    if not options.camera:
        return store
    out = store.table.mask(views=(options.camera,))
    if out.all():
        raise ConfigError(f"camera leaves one view out of several. Received: camera={options.camera}, the only view.")
    return store.take(~out)
