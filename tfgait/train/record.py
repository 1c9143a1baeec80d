"""Where a training stands."""

import dataclasses


@dataclasses.dataclass
class Record:
    """Where a training stands: all that is not an array.

    Args:
        epoch: epochs finished, of all stages together.
        stage: number of the present stage, from 1.
        begun: epochs that the stages before it took.
        step: steps of the present one that are done.
        seconds: of all sittings together.
        sums: {name: sum of the step logs of the present epoch}.
        history: one dict an epoch.
        ranks: {"best" | "best_ema": [rank, epoch]} of the present stage.
        published: name of the checkpoint that `model.keras` is, empty before the first.
        stopped: whether a callback has ended the stage.
        callbacks: what each callback remembers, but for arrays.
    """

    epoch: int = 0
    stage: int = 1
    begun: int = 0
    step: int = 0
    seconds: float = 0.0
    sums: dict = dataclasses.field(default_factory=dict)
    history: list = dataclasses.field(default_factory=list)
    ranks: dict = dataclasses.field(default_factory=dict)
    published: str = ""
    stopped: bool = False
    callbacks: list = dataclasses.field(default_factory=list)
