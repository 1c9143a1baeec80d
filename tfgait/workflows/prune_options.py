"""Options of a pruning."""

from dataclasses import dataclass

from tfgait.compress import CRITERIA
from tfgait.compress.settings import check_scope, check_settings, parse_target
from tfgait.core.errors import ConfigError, check_choice
from tfgait.workflows.option_checks import check_folder_name, check_least, check_percentiles, check_rate

MOST_ROUNDS = 50
ALONE = ("target", "threshold", "plan")  # ways to say how much goes that stand beside no percentiles and no rounds
PLANNED = ("criterion", "scope", "floor", "round_to", "leave")  # what a plan was made with


@dataclass(frozen=True)
class PruneOptions:
    """What to prune, by how much, and how to fine-tune it.

    Args:
        model: a run, a preset, a .keras file, or an .h5 or .hdf5 file of Embedded-Gait; empty: the latest run, else the
            shipped network
        last_dense: of such an .h5 file without classifier: goes (the signature is what it reads) or stays (empty too)
        mod: of such an .h5 file that takes one channel a frame: grey (gray), depth or silhouettes (silhouette)
        percentile: share of the filters that go, in [0, 100)
        percentiles: the whole trade-off curve instead, such as 10,25,50,70, each above 0 and below 100; each is pruned,
            fine-tuned, scored, exported and timed beside the unpruned network; empty: percentile alone
        rounds: cut and fine-tune so often, each time the same share of what is left, until percentile is reached
        target: find the percentile instead, by what may be left of the original: params=0.5 (trainable parameters),
            macs=0.4 (multiply-accumulates), latency=0.36 (LiteRT, float32, one thread, measured here); empty: do not
        threshold: remove the filters worth less than this instead, such as 29.4 by l1_raw, which is Embedded-Gait's
            structural pruning; 0: by percentile
        criterion: what a filter is worth: l1 (mean of its absolute weights), l1_raw (their sum, as Embedded-Gait), l2,
            geometric_median (distance to the other filters), bn_scale (of the BatchNormalization after it), taylor
            (change of the loss without it, on training data), or random (the baseline)
        scope: layer (the percentile of each layer) or network (of all filters together); empty: layer, but network for
            l1_raw and with a threshold
        floor: share of the filters of each layer that stay in any case, in [0, 1]; one stays always
        round_to: round the filters that stay to a multiple of this, such as 8 for speed; 0: do not, but to 8 for a
            target of latency; 1: never
        leave: layers that stay whole, with commas
        plan: carry out this plan.json instead of making one
        epochs: of fine-tuning, over all rounds; -1: a quarter of those the network was trained for; 0: none
        distill: learn from the unpruned network as well while fine-tuning: its class probabilities where it has a
            classifier, and the signs of its signature
        steps_per_epoch: of fine-tuning; 0: as the network was trained
        lr: first learning rate of fine-tuning, which falls to nothing; 0: a third of the one it was trained with
        datadir: data to fine-tune on; empty: those the network was trained on
        views: fine-tune on these only, with commas; empty: as the network was trained
        conds: fine-tune on these only; empty: as the network was trained
        min_frames: leave shorter sequences out
        skip_bad: leave damaged sequences out, named and counted
        experdir: folder of run folders; empty: runs
        name: of the new run folder; empty: <model>-p<percentile>, -t<threshold>, or -curve
        seed: of batches, dropout, the random criterion, and the random input of the proof
        device: cpu, gpu, or numbers such as 0,1; empty: a GPU where there is one
    """

    model: str = ""
    last_dense: str = ""
    mod: str = ""
    percentile: float = 10.0
    percentiles: tuple[float, ...] = ()
    rounds: int = 1
    target: str = ""
    threshold: float = 0.0
    criterion: str = "l1"
    scope: str = ""
    floor: float = 0.25
    round_to: int = 0
    leave: tuple[str, ...] = ()
    plan: str = ""
    epochs: int = -1
    distill: bool = False
    steps_per_epoch: int = 0
    lr: float = 0.0
    datadir: str = ""
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 1
    skip_bad: bool = False
    experdir: str = ""
    name: str = ""
    seed: int = 0
    device: str = ""


def check_options(options):
    """Raise `ConfigError` for an option that is out of its range."""
    check_settings(options.percentile, options.floor, options.round_to, options.threshold or None)
    check_choice("criterion", options.criterion, list(CRITERIA))
    check_scope(options.scope, options.threshold or None)
    if options.target:
        parse_target(options.target)
    _check_alone(options)
    _check_percentiles(options)
    _check_tuning(options)
    check_least(options, {"epochs": -1, "steps_per_epoch": 0, "seed": 0})
    check_rate(options)
    check_folder_name(options)


def _check_percentiles(options):
    if not options.percentiles:
        return
    check_percentiles(options.percentiles, "; the unpruned network is there in any case")
    _check_left_out(options, "percentiles makes the whole curve", ("percentile", *ALONE))


def _check_tuning(options):
    if not 1 <= options.rounds <= MOST_ROUNDS:
        raise ConfigError(f"rounds must lie in [1, {MOST_ROUNDS}]. Received: rounds={options.rounds}.")
    if options.distill and options.epochs == 0:
        raise ConfigError("distill is about fine-tuning, of which epochs=0 leaves none. Received: both.")
    if options.rounds == 1:
        return
    if 0 <= options.epochs < options.rounds:
        raise ConfigError(
            f"epochs must be at least one for each of {options.rounds} rounds. Received: epochs={options.epochs}."
        )
    _check_left_out(options, "rounds reach a percentile", ALONE)


def _check_alone(options):
    """Raise `ConfigError` where one way to say how much goes stands beside another, which it would overrule."""
    if options.plan:
        _check_left_out(options, "plan says all of what goes", (*ALONE[:2], "percentile", *PLANNED))
    if options.target:
        _check_left_out(options, "target finds the percentile", ("threshold", "percentile"))
    if options.threshold:
        _check_left_out(options, "threshold says what goes", ("percentile",))


def _check_left_out(options, why, names):
    usual = PruneOptions()
    for name in names:
        if getattr(options, name) != getattr(usual, name):
            raise ConfigError(
                f"{why}, so that {name} must be left out. Received: {name}={getattr(options, name)} beside it."
            )
