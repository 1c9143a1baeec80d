"""One walk of a walker as video files, whole or absent."""

from tfgait.preprocess.video_writer import video_writer
from tfgait.synthesis.film import EMPTY, film
from tfgait.workflows.walker_layouts import LAYOUTS


def films(plan, out, job):
    """Write one job as ``subject/condition/view.mp4`` below `out`, or as the layout has it; return (frames, new ones).

    Videos that are there stay; those of a job have the same number of frames each.
    """
    layout, frames, new = LAYOUTS[plan.layout], 0, 0
    for view in job.views:
        path, _ = layout.sequence(job.subject, job.condition, view)
        path = layout.folder(out, "rgb", plan.modalities) / path
        path = path.with_name(path.name + ".mp4")
        if not path.is_file():
            pictures, _ = film(
                job.number, job.condition, view, seed=plan.seed, frames=plan.frames, settings=plan.settings
            )
            with video_writer(path, pictures.shape[1:3], plan.settings.fps) as add:
                for picture in pictures:
                    add(picture[..., ::-1].copy())
            new += len(pictures)
        frames += EMPTY + plan.frames
    return frames, new
