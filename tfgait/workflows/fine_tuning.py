"""How a network is trained again after it was made smaller."""

import dataclasses

# Whom the network learned from at first, for what arithmetic, and how a sitting of that went, is another matter now.
ANOTHER = {"teacher", "distill_logits", "distill_embedding", "temperature", "qat", "resume", "verbose", "save_minutes"}
FIRST = ("epochs", "lr")


def first_training(manifest):
    """Return the epochs and learning rate of the training that made a network, whatever has tuned it since.

    Without them a network that is pruned, and then trained for int8, would each time be tuned for a quarter as long
    and far more gently than the time before.

    Args:
        manifest: of its run; `first_training` in it goes from run to run.
    """
    config = manifest.get("config") or {}
    return manifest.get("first_training") or {k: config[k] for k in FIRST if k in config}


def tuning(options, parent, net, root, name, teacher=None):
    """Return the `TrainOptions` of a fine-tuning, without `initnet`; None where there is to be none.

    The recipe is the one the network was trained with; only length, learning rate and schedule are others, those of
    `first_training` shortened and lowered.

    Args:
        options: `PruneOptions`.
        parent: `ModelRef` of the network that was pruned.
        net: its name in `NETWORKS`.
        root, name: of the run folder.
        teacher: `ModelRef` of the network to learn from as well, or None.
    """
    if options.epochs == 0:
        return None
    from tfgait.workflows.train_options import TrainOptions
    from tfgait.workflows.train_resolved import resolved

    known = {f.name for f in dataclasses.fields(TrainOptions)} - ANOTHER
    trained = (parent.manifest.get("config") or {}) | first_training(parent.manifest)
    trained = {k: tuple(v) if isinstance(v, list) else v for k, v in trained.items() if k in known}
    base = resolved(TrainOptions(**trained), net, f"{net}_small")
    return dataclasses.replace(
        base,
        net=net,
        use3d=False,
        from3dto2d=False,
        last_dense="",
        model_version="",
        nofreeze=False,
        freezeall=False,
        ftpruning=True,
        extraepochs=0,
        preset="",
        prefix="",
        name=name,
        experdir=str(root),
        frames=trained.get("frames", 0),  # a file of Embedded-Gait brings its own
        datadir=options.datadir or parent.data or base.datadir,
        epochs=options.epochs if options.epochs > 0 else max(1, round(base.epochs / 4)),
        steps_per_epoch=options.steps_per_epoch or base.steps_per_epoch,
        lr=options.lr or base.lr / 3,
        teacher=str(teacher.path) if teacher else "",
        schedule="cosine",
        warmup=0.0,
        plateau=0,
        patience=0,
        views=options.views or base.views,
        conds=options.conds or base.conds,
        min_frames=max(options.min_frames, base.min_frames),
        skip_bad=options.skip_bad or base.skip_bad,
        seed=options.seed,
        device=options.device,
    )
