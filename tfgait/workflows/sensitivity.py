"""Which layers a network can do without: each pruned alone, without fine-tuning, and scored on held-out people."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tfgait.compress import CRITERIA
from tfgait.core.errors import ConfigError, check_choice
from tfgait.core.files import whole_file, write_json
from tfgait.core.home import runs_dir
from tfgait.core.manifest import manifest
from tfgait.workflows.models import load_network, resolve_model
from tfgait.workflows.option_checks import check_least, check_percentiles


@dataclass(frozen=True)
class SensitivityOptions:
    """Which network to scan, by how much each layer is pruned, and on what it is scored.

    Args:
        model: a run, a preset, a .keras file, or an .h5 or .hdf5 file of Embedded-Gait; empty: the latest run, else the
            shipped network
        last_dense: of such an .h5 file without classifier: goes (the signature is what it reads) or stays (empty too)
        mod: of such an .h5 file that takes one channel a frame: grey (gray), depth or silhouettes (silhouette)
        percentiles: shares of a layer's filters that go, each above 0 and below 100
        criterion: what a filter is worth, as of tfgait prune, but for those that need data
        drop: points of rank-1 that a layer may cost at the middle one of the percentiles before it is named as one to
            leave
        datadir: data; empty: those the network was trained on
        views: score on these only, with commas; empty: as the network was trained
        conds: score on these only; empty: as the network was trained
        min_frames: leave shorter sequences out
        skip_bad: leave damaged sequences out, named and counted
        sequences: how many of the held-out people are scored at most; 0: all
        out: folder to write to; empty: sensitivity in the run folder, for others in runs/scores
        seed: draws the sequences, and of the random criterion
    """

    model: str = ""
    last_dense: str = ""
    mod: str = ""
    percentiles: tuple[float, ...] = (10.0, 30.0, 50.0, 70.0, 90.0)
    criterion: str = "l1"
    drop: float = 5.0
    datadir: str = ""
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 1
    skip_bad: bool = False
    sequences: int = 200
    out: str = ""
    seed: int = 0


@dataclass(frozen=True)
class SensitivityResult:
    """What each coupled group of layers costs when it alone is pruned.

    Args:
        model: the network.
        criterion: what a filter is worth.
        rank1: of the unpruned network on held-out people, in percent.
        people, sequences: on how many.
        rows: one a group and percentile: `group`, `layers`, `percentile`, `filters`, `kept`, `rank1`, `lost` points.
        leave: groups that cost more than was allowed: what to give to `--leave`.
        notes: what the user should know.
        csv, picture: files.
    """

    model: str
    criterion: str
    rank1: float
    people: int
    sequences: int
    rows: list = field(default_factory=list)
    leave: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    csv: str = ""
    picture: str = ""


def sensitivity(options, progress=None):
    """Scan a network as `SensitivityOptions` say and return the `SensitivityResult`.

    A silenced filter is as good as none (that is what the proof of a pruning shows), so that one network serves for
    all: its weights are changed, it is never built anew.

    Raises:
        ConfigError: an option out of its range, a network without filters to prune, nobody held out.
        DataError: data that cannot be used.
    """
    from tfgait.compress.plan import choose
    from tfgait.compress.proof import silenced
    from tfgait.compress.worth import weigh

    check_options(options)
    model = resolve_model(options.model)
    network = load_network(options.model, options.last_dense, mod=options.mod)
    worth = weigh(network, options.criterion, seed=options.seed)
    validate, held = _validation(network, model, options, progress)
    asked = sorted(options.percentiles)
    plans = {percentile: choose(worth, percentile, scope="layer", floor=0.0) for percentile in asked}
    scan, rows = silenced(network, {}), []
    whole = validate(scan)["rank1"]
    total = len(worth.groups) * len(asked)
    for group in worth.groups:
        for percentile in asked:
            kept = plans[percentile].groups[group.name].kept
            scan.set_weights(silenced(network, {group.name: kept}).get_weights())
            found = validate(scan)["rank1"]
            row = {"group": group.name, "layers": " ".join(dict.fromkeys(group.layers)), "percentile": percentile}
            row |= {"filters": group.size, "kept": len(kept), "rank1": found, "lost": round(whole - found, 6)}
            rows.append(row)
            if progress:
                progress(len(rows), total, "layers, one at a time")
    middle = asked[len(asked) // 2]
    leave = [row["group"] for row in rows if row["percentile"] == middle and row["lost"] > options.drop]
    notes = [f"scored on {len(held)} sequences of {len(_people(held))} held-out people, without fine-tuning"]
    notes.append(_advice(leave, middle, options.drop))
    result = SensitivityResult(
        str(model.path), options.criterion, whole, len(_people(held)), len(held), rows, leave, notes
    )
    return _written(result, asked, _out(options, model), options)


def check_options(options):
    """Raise `ConfigError` for an option that is out of its range."""
    check_percentiles(options.percentiles)
    check_choice("criterion", options.criterion, [n for n in CRITERIA if "examples" not in CRITERIA[n].needs])
    check_least(options, {"drop": 0, "sequences": 0, "seed": 0})


def _validation(network, model, options, progress):
    """Return (function of a network that gives its scores on held-out people, the store of their sequences)."""
    from tfgait.workflows.data import protocol_of
    from tfgait.workflows.fine_tuning import tuning
    from tfgait.workflows.prune_options import PruneOptions
    from tfgait.workflows.training_data import training_data
    from tfgait.workflows.validation import Validation

    shared = {f.name: getattr(options, f.name) for f in dataclasses.fields(options)}
    shared = {k: shared[k] for k in ("datadir", "views", "conds", "min_frames", "skip_bad", "seed")}
    recipe = tuning(PruneOptions(**shared, epochs=1), model, network.name, runs_dir(), "")
    people = {"val": "people", "val_subjects": recipe.val_subjects or -1}
    data = training_data(dataclasses.replace(recipe, **people), network.modality, progress)
    if data.held is None:
        raise ConfigError(f"a scan holds people out, of at least 4 who train. Received: fewer in {data.store.path}.")
    rows = np.arange(len(data.held))
    if options.sequences:
        rows = np.sort(np.random.default_rng(options.seed).permutation(rows)[: options.sequences])
    held = data.held.take(rows)
    return Validation(held, protocol_of(data.store)), held


def _people(store):
    return set(store.table.subject.tolist())


def _advice(leave, percentile, drop):
    if not leave:
        return f"no layer alone costs more than {drop:g} points at {percentile:g} %"
    return f"each of these alone costs more than {drop:g} points at {percentile:g} %: --leave {','.join(leave)}"


def _out(options, model):
    if options.out:
        return Path(options.out).expanduser()
    beside = model.run is not None and not model.shipped
    return model.run / "sensitivity" if beside else runs_dir() / "scores" / model.name / "sensitivity"


def _written(result, percentiles, folder, options):
    """Write numbers and picture, and return the result with their paths."""
    from tfgait.report.pruning import sensitivity_map
    from tfgait.report.tables import write_csv

    csv, picture = folder / "sensitivity.csv", folder / "sensitivity.png"
    result = dataclasses.replace(result, csv=str(csv), picture=str(picture))
    groups = list(dict.fromkeys(row["group"] for row in result.rows))
    found = {(row["group"], row["percentile"]): row["rank1"] for row in result.rows}
    values = [[found[group, percentile] for percentile in percentiles] for group in groups]
    write_csv(csv, result.rows)
    with whole_file(picture) as temporary:
        temporary.write_bytes(sensitivity_map(groups, percentiles, values, result.rank1))
    write_json(folder / "sensitivity.json", {**dataclasses.asdict(result), "manifest": manifest(options=vars(options))})
    return result
