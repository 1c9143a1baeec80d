"""What a training step costs beside a bare `tf.function` step: GaitSet as published, P=4, K=4, 30 frames."""


def figures_step(progress=None):
    """Return `tfgait.train.benchmark.step_cost` of the published GaitSet; `ratio` is at most 1.1 where all is well."""
    from tfgait.nets import build
    from tfgait.train.benchmark import step_cost

    return step_cost(lambda: build("gaitset"), (30, 64, 44, 1))
