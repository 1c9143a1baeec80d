"""Every command: the workflow it runs, how its result is shown, and an example."""

from dataclasses import dataclass

from tfgait.core.errors import check_choice


@dataclass(frozen=True)
class Command:
    """A command of `tfgait`.

    Args:
        workflow: "module:function" that takes the options and `progress`.
        options: name of the options dataclass in the same module.
        summary: one line for the list of commands.
        example: arguments that work.
        main: the file of `mains/` that runs the same, or empty.
        tensorflow: whether it needs TensorFlow from the start.
        board: whether it runs where the extras `board` and `video` alone are installed.
    """

    workflow: str
    options: str
    summary: str
    example: str
    main: str = ""
    tensorflow: bool = False
    board: bool = False


COMMANDS = {
    "synthesize": Command(
        "tfgait.workflows.synthesize:synthesize",
        "SynthesizeOptions",
        "make people who walk",
        "--subjects 40 --out data/my_walkers",
        "synthesize",
    ),
    "prepare": Command(
        "tfgait.workflows.prepare:prepare",
        "PrepareOptions",
        "make windows of flow or pictures from your videos",
        "--source my_videos --out data/mine --modalities flow,grey",
        "prepare",
    ),
    "train": Command(
        "tfgait.workflows.train:train",
        "TrainOptions",
        "train a network",
        "--net gaitset",
        "train_singlenet",
        tensorflow=True,
    ),
    "prune": Command(
        "tfgait.workflows.prune:prune",
        "PruneOptions",
        "remove filters, prove it, fine-tune",
        "--percentile 10",
        "prune",
        tensorflow=True,
    ),
    "sensitivity": Command(
        "tfgait.workflows.sensitivity:sensitivity",
        "SensitivityOptions",
        "prune each layer alone, and see what it costs",
        "--percentiles 10,30,50,70,90",
        tensorflow=True,
    ),
    "sparsify": Command(
        "tfgait.workflows.sparsify:sparsify",
        "SparsifyOptions",
        "train with zeros, few values or 8 bits by tensorflow-model-optimization",
        "--method constant --target_sparsity 0.9",
        tensorflow=True,
    ),
    "test_knn": Command(
        "tfgait.workflows.evaluate:evaluate",
        "EvaluateOptions",
        "score a model with a gallery and k nearest neighbours",
        "--knn 7",
        "test_knn",
        tensorflow=True,
    ),
    "export": Command(
        "tfgait.workflows.export:export",
        "ExportOptions",
        "write a model for a board, proven equal",
        "--format tflite --precision int8",
        "export",
        tensorflow=True,
    ),
    "qat": Command(
        "tfgait.workflows.qat:qat",
        "QatOptions",
        "train a network for int8, write the file",
        "--model gaitset_walkers --epochs 2 --steps_per_epoch 50",
        tensorflow=True,
    ),
    "live": Command(
        "tfgait.workflows.live:live",
        "LiveOptions",
        "name whoever walks through a video or past a camera",
        "--source walk.mp4 --gallery people.npz --out named.mp4",
        "live",
        board=True,
    ),
    "enroll": Command(
        "tfgait.workflows.enroll:enroll",
        "EnrollOptions",
        "put people in a gallery, by a model file",
        "--source my_videos --model model_int8.tflite --gallery people.npz",
        "enroll",
        board=True,
    ),
    "trt": Command(
        "tfgait.workflows.trt:convert",
        "TrtOptions",
        "convert a model to TensorRT or TF-TRT",
        "--precision int8 --batch 1,8,32",
        tensorflow=True,
    ),
    "benchmark": Command(
        "tfgait.workflows.benchmark:benchmark",
        "BenchmarkOptions",
        "every file of a run side by side: latency, memory, joules, rank-1",
        "--model gaitset_walkers --threads 1,2 --batch 1,8",
        "benchmark",
    ),
    "figures": Command(
        "tfgait.workflows.figures:figures",
        "FiguresOptions",
        "speed against its bounds, and figures of trainings",
        "--what data",
        tensorflow=True,
    ),
    "demo": Command(
        "tfgait.workflows.demo:demo",
        "DemoOptions",
        "the whole path on made people, in one report",
        "--subjects 60 --steps 300",
        tensorflow=True,
    ),
    "augmentations": Command(
        "tfgait.workflows.augmentations:augmentations",
        "AugmentationsOptions",
        "a picture of what augmentation does to a walk",
        "--mod flow --out augmentations.png",
    ),
    "list": Command(
        "tfgait.workflows.catalogue:catalogue",
        "CatalogueOptions",
        "networks, presets, data sets, formats, criteria",
        "",
    ),
    "sanity": Command(
        "tfgait.workflows.sanity:sanity",
        "SanityOptions",
        "check this installation, under a minute",
        "",
        tensorflow=True,
    ),
}


def command(name):
    """Return the `Command` of that name, hyphen or underscore; an unknown one raises `ConfigError`."""
    name = name.replace("-", "_")
    check_choice("command", name, list(COMMANDS))
    return COMMANDS[name]
