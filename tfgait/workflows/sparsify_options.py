"""Options of a sparsity, clustering or 8-bit training by tensorflow-model-optimization."""

from dataclasses import dataclass

from tfgait.compress.tfmot.settings import Settings
from tfgait.core.errors import ConfigError
from tfgait.workflows.option_checks import check_folder_name, check_least, check_rate


@dataclass(frozen=True)
class SparsifyOptions:
    """What to make sparse, clustered or 8-bit, how, and how to train meanwhile.

    Args:
        model: a run, a preset, a .keras file, or an .h5 or .hdf5 file of Embedded-Gait; empty: the latest run, else the
            shipped network
        last_dense: of such an .h5 file: goes (the signature is what it reads) or stays (empty too)
        mod: of such an .h5 file that takes one channel a frame: grey (gray), depth or silhouettes (silhouette)
        method: constant (all zeros at once), polynomial (more and more), 2_by_4 (two zeros in every four), cluster (few
            different values), sparse_cluster (that, and zeros stay), qat (8-bit), pqat, cqat or pcqat (8-bit, and
            zeros, clusters or both stay)
        target_sparsity: share of the weights of a layer that become zero, in [0, 1)
        begin_step: step at which they begin to; -1: 2000 as Embedded-Gait, or a quarter of a shorter training
        frequency: steps between two choices of weights; 0: 100 as Embedded-Gait, or a twentieth of a shorter training
        clusters: different values a layer keeps
        epochs: of the training; -1: a quarter of those the network was trained for
        steps_per_epoch: 0: as the network was trained
        lr: first learning rate, which falls to nothing; 0: a third of the one it was trained with
        datadir: data to train on; empty: those the network was trained on
        views: train on these only, with commas; empty: as the network was trained
        conds: train on these only; empty: as the network was trained
        min_frames: leave shorter sequences out
        skip_bad: leave damaged sequences out, named and counted
        calibration: number of training sequences that the int8 files of the report are calibrated on
        rounds: of the latency measurement; 0: nothing is converted and measured
        experdir: folder of run folders; empty: runs
        name: of the new run folder; empty: <model>-<method>
        seed: of batches, dropout, and the random input of the proof
        device: cpu, gpu, or a number such as 0; empty: a GPU where there is one
    """

    model: str = ""
    last_dense: str = ""
    mod: str = ""
    method: str = "constant"
    target_sparsity: float = 0.9
    begin_step: int = -1
    frequency: int = 0
    clusters: int = 16
    epochs: int = -1
    steps_per_epoch: int = 0
    lr: float = 0.0
    datadir: str = ""
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 1
    skip_bad: bool = False
    calibration: int = 64
    rounds: int = 15
    experdir: str = ""
    name: str = ""
    seed: int = 0
    device: str = ""

    @property
    def settings(self):
        """The `Settings` of the method."""
        return Settings(self.method, self.target_sparsity, self.begin_step, self.frequency, self.clusters)


# What only some methods look at.
OWN = {
    "target_sparsity": ("constant", "polynomial"),
    "begin_step": ("constant", "polynomial", "2_by_4"),
    "frequency": ("constant", "polynomial", "2_by_4"),
    "clusters": ("cluster", "sparse_cluster"),
}


def check_options(options):
    """Raise `ConfigError` for an option that is out of its range, or that the method does not look at."""
    _ = options.settings
    usual = SparsifyOptions()
    for name, methods in OWN.items():
        if options.method not in methods and getattr(options, name) != getattr(usual, name):
            raise ConfigError(
                f"{name} belongs to method={' or '.join(methods)}. "
                f"Received: {name}={getattr(options, name)} with method={options.method}."
            )
    if options.epochs == 0 or options.epochs < -1:
        raise ConfigError(f"epochs must be -1 or at least 1. Received: epochs={options.epochs}.")
    check_least(options, {"steps_per_epoch": 0, "seed": 0, "rounds": 0, "calibration": 1})
    check_rate(options)
    check_folder_name(options)
