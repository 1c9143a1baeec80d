"""What to make of people who walk: the options, checked, and the jobs they come to."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tfgait.core.errors import ConfigError, check_choice
from tfgait.core.files import record_hash
from tfgait.datasets import mocap
from tfgait.preprocess.windows import WINDOW
from tfgait.synthesis.sequence import WalkerSettings
from tfgait.synthesis.walker import MAX_FRAMES
from tfgait.workflows.code_hash import code_hash
from tfgait.workflows.walker_jobs import FLOW_ESTIMATOR, Job, Plan
from tfgait.workflows.walker_layouts import LAYOUTS

KINDS = ("nm", "bg", "cl")
FORMATS = ("store", "png", "video")
FILMED = (("rgb",), ("silhouettes",))  # modalities that videos may be asked for by: theirs, and the default


@dataclass(frozen=True)
class SynthesizeOptions:
    """What to make.

    Args:
        subjects: people; with mocap everybody in the folder walks.
        first: number of the first of them; people are the same whoever else is made
        out: folder to make; empty: data/walkers-<hash of the options>, or data/walkers_tum-<hash>
        layout: casia_b, or tum_gaid for its conditions (n, b, s), from one side, some people twice
        elapsed: with tum_gaid every person of such a number walks again months later; 0: nobody does
        seed: other seeds give other walks of the same people
        seq_per_subject: conditions per subject, 1 to 10; fewer are chosen so that gallery and probes remain
        frames: frames of a sequence at 25 a second, 1 to 150
        views: three digits each, 000 to 180; empty: all eleven, with tum_gaid 090
        conds: nm-01 and its like, or nm, bg, cl; empty: seq_per_subject decides. With mocap: nm, bg, cl only
        modalities: silhouettes, flow, grey, rgb, depth, poses; as PNG no flow and no poses
        format: store; png for the layout subject/condition/view/*.png, with tum_gaid image/p001/n01/*.png; or video for
            colour films subject/condition/view.mp4 of people who walk through a room
        faults: how often the segmentation fails, 0 to 1 (holes, ragged edges, missing frames)
        equal_bodies: give all people one body, so that only the motion tells who it is
        equal_motion: give all people one gait, so that only the body tells
        sheet: draw the first three people from all sides into this PNG; empty: no picture
        processes: 0 takes all cores
        mocap: folder of ASF/AMC or BVH whose real walks are rendered in place of walkers
    """

    subjects: int = 40
    first: int = 1
    out: str = ""
    layout: str = "casia_b"
    elapsed: int = 9
    seed: int = 0
    seq_per_subject: int = 10
    frames: int = 60
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ("silhouettes",)
    format: str = "store"
    faults: float = 0.0
    equal_bodies: bool = False
    equal_motion: bool = False
    sheet: str = ""
    processes: int = 0
    mocap: str = ""


def checked(options):
    """Return the options with every default filled in; raise `ConfigError` at the first that is out of its range."""
    for name, low, high in (
        ("subjects", 1, 99_999),
        ("first", 1, 99_999),
        ("seq_per_subject", 1, 10),
        ("frames", 1, MAX_FRAMES),
    ):
        value = getattr(options, name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ConfigError(f"{name} must be an integer in [{low}, {high}]. Received: {name}={value}.")
    for name in ("seed", "processes", "elapsed"):
        value = getattr(options, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ConfigError(f"{name} must be an integer from 0. Received: {name}={value}.")
    if not 0 <= options.faults <= 1:
        raise ConfigError(f"faults must lie in [0, 1]. Received: faults={options.faults}.")
    check_choice("format", options.format, FORMATS)
    check_choice("layout", options.layout, list(LAYOUTS))
    layout = LAYOUTS[options.layout]
    if options.mocap and layout.later:
        raise ConfigError(f"layout must be casia_b with mocap. Received: layout={options.layout}.")
    if options.format == "video":
        options = _filmed(options)
    if not options.modalities:
        raise ConfigError("modalities must name at least one. Received: none.")
    if options.sheet and not options.sheet.endswith(".png"):
        raise ConfigError(f"sheet must end in .png. Received: sheet={options.sheet}.")
    _check_modalities(options, layout)
    views = tuple(sorted({str(v).zfill(3) for v in options.views})) or layout.views
    for view in views:
        if not (view.isascii() and view.isdigit()) or int(view) > 180:
            raise ConfigError(f"views must be degrees from 000 to 180. Received: views={view}.")
        if view not in layout.views and not layout.any_view:
            raise ConfigError(f"views must be {layout.views[0]} with layout {options.layout}. Received: views={view}.")
    return replace(
        options, views=views, conds=_conditions(options), modalities=tuple(dict.fromkeys(options.modalities))
    )


def _filmed(options):
    if options.mocap:
        raise ConfigError("format must be store or png with mocap. Received: format=video.")
    if options.modalities not in FILMED:
        raise ConfigError(f"modalities must be rgb for videos. Received: modalities={','.join(options.modalities)}.")
    return replace(options, modalities=("rgb",))


def _check_modalities(options, layout):
    for modality in options.modalities:
        check_choice("modalities", modality, layout.storable if options.format == "store" else layout.drawable)
    if options.format != "store":
        if layout.folders and {"grey", "rgb"} <= set(options.modalities):
            raise ConfigError("modalities must name grey or rgb, which share the folder image. Received: both.")
        return
    for modality in options.modalities:
        windows = modality in layout.shapes or modality not in ("silhouettes", "poses")
        if windows and not options.mocap and options.frames < WINDOW + 2:
            raise ConfigError(
                f"frames must be at least {WINDOW + 2} for {modality}. Received: frames={options.frames}."
            )


def _conditions(options):
    layout = LAYOUTS[options.layout]
    kinds = dict.fromkeys(c.rpartition("-")[0] for c in layout.conditions)
    for condition in options.conds:
        check_choice("conds", condition, KINDS if options.mocap else (*kinds, *layout.conditions))
    if options.mocap:
        return tuple(k for k in KINDS if k in options.conds) or ("nm",)

    def chosen(conditions):
        wanted = [c for c in conditions if not options.conds or {c, c.rpartition("-")[0]} & set(options.conds)]
        return wanted[: options.seq_per_subject]

    first, later = chosen(layout.order), chosen([layout.later[c] for c in layout.order if c in layout.later])
    return tuple(c for c in layout.conditions if c in first or c in later)


def planned(options):
    """Return the `Plan` and the list of `Job`."""
    settings = WalkerSettings(
        faults=options.faults, equal_bodies=options.equal_bodies, equal_motion=options.equal_motion
    )
    folder = str(Path(options.mocap).expanduser()) if options.mocap else ""
    plan = Plan(options.modalities, settings, options.seed, options.frames, folder, options.layout)
    if not folder:
        return plan, _walks(options)
    table = mocap.index(folder)
    jobs = []
    for subject, condition, path in zip(table.subject, table.condition, table.path, strict=True):
        for kind in options.conds:
            jobs.append(Job(str(subject), 0, kind + str(condition)[2:], options.views, str(path)))
    return plan, jobs


def _walks(options):
    later = set(LAYOUTS[options.layout].later.values())
    jobs = []
    for number in range(options.first, options.first + options.subjects):
        again = options.elapsed and number % options.elapsed == 0
        conditions = [c for c in options.conds if again or c not in later]
        jobs += [Job(f"{number:03d}", number - 1, c, options.views) for c in conditions]
    if not jobs:
        raise ConfigError(f"conds must leave a walk to make: nobody walks again. Received: conds={options.conds}.")
    return jobs


def record_of(options, plan):
    """Return what decides the bytes, and nothing else."""
    made = {k: v for k, v in asdict(options).items() if k not in ("out", "processes", "mocap", "sheet")}
    made |= {"settings": asdict(plan.settings), "code": code_hash("synthesis", "preprocess")}
    if "flow" in options.modalities:
        made["flow_estimator"] = FLOW_ESTIMATOR
    if options.mocap:
        files = sorted(p for p in Path(plan.mocap).glob("*/*") if p.suffix.lower() in (".asf", ".amc", ".bvh"))
        made["files"] = [[f"{p.parent.name}/{p.name}", p.stat().st_size, p.stat().st_mtime_ns] for p in files]
        for unused in ("subjects", "first", "seq_per_subject", "frames"):
            del made[unused]
    return {"what": kind_of(options), "options": record_hash(made, 64)}


def kind_of(options):
    """Return the name of the data set that is made: ``walkers``, ``walkers_tum`` or ``mocap``."""
    return "mocap" if options.mocap else LAYOUTS[options.layout].dataset
