"""The reports of one evaluation: tables, numbers, pictures."""

import dataclasses

from tfgait.core.files import whole_file, write_json, write_text
from tfgait.evaluation.result import RATES
from tfgait.report.pictures import confusion_matrix, view_matrices
from tfgait.report.strips import neighbours
from tfgait.report.tables import markdown, write_csv

PICTURES = ("view_matrices", "confusion", "neighbours")

LEGEND = (
    "Percent. rank1/5/10: the right person is among the nearest 1, 5, 10 gallery sequences. mAP, mINP: how early all "
    "sequences of the right person come. knn_accuracy: the vote of the k nearest; _video: the majority over the "
    "windows of one video (the same where a video is one sequence).",
    "gallery: how many sequences a probe is compared with at a time; chance: what random guessing scores at rank1.",
)
CROSS_VIEW = (
    "Each probe view is scored against each gallery view by itself; the identical view is left out, and the mean is "
    "over views."
)


def write_reports(result, found, store, folder, facts):
    """Write scores.md, scores.csv, scores.json and the pictures; return the result with their paths.

    Args:
        result: `EvaluateResult`.
        found: `EvaluationResult` it was made from.
        store: the sequences scored.
        folder: where to write; what stood there is replaced.
        facts: manifest of the run of this command.
    """
    files = {"md": folder / "scores.md", "csv": folder / "scores.csv", "json": folder / "scores.json"}
    pictures = {name: png for name, png in pictures_of(found, store).items() if png}
    for name in PICTURES:
        (folder / f"{name}.png").unlink(missing_ok=True)
    files |= {name: folder / f"{name}.png" for name in pictures}
    rows = score_rows(result)
    result = dataclasses.replace(result, files={name: str(path) for name, path in files.items()})
    write_text(files["md"], _page(result, rows, found, pictures))
    write_csv(files["csv"], rows)
    write_json(files["json"], {**dataclasses.asdict(result), "details": found.to_record(), "manifest": facts})
    for name, png in pictures.items():
        with whole_file(files[name]) as temporary:
            temporary.write_bytes(png)
    return result


def score_rows(result):
    """Return one dict a kind of probe: the scores, in percent."""
    return [
        {
            "probe": kind,
            "probes": result.probes[kind],
            "gallery": result.gallery_cell,
            "chance": result.chance_per_kind[kind],
            **{rate: getattr(result, rate)[kind] for rate in RATES},
        }
        for kind in result.rank1
    ]


def view_rows(per_view):
    """Return one dict a kind and view of the probe: the scores, in percent."""
    return [{"probe": kind, "view": v, **rates} for kind, views in per_view.items() for v, rates in views.items()]


def pictures_of(found, store):
    """Return ``{name: PNG or None}``: view matrices or a confusion matrix, and neighbours right and wrong."""
    pictures = dict.fromkeys(PICTURES)
    if found.matrices:
        pictures["view_matrices"] = view_matrices(found.matrices, found.views, found.rank1)
    if found.confusion:
        kind, confusion = next(iter(found.confusion.items()))
        title = f"{kind}, k = {found.k}"
        pictures["confusion"] = confusion_matrix(confusion["subjects"], confusion["counts"], title)
    if store.modality.name == "silhouettes" and found.examples:
        pictures["neighbours"] = neighbours([_example(store, e) for e in found.examples])
    return pictures


def _example(store, example):
    def strip(row):
        table = store.table
        return f"{table.subject[row]} {table.condition[row]} {table.view[row]}", store.read(row)

    match = None if example.right else strip(example.match)
    return {
        "right": example.right,
        "probe": strip(example.probe),
        "nearest": strip(example.nearest),
        "match": match,
    }


def _page(result, rows, found, pictures):
    lines = [
        f"# {result.model}",
        "",
        f"{result.people} people of {result.data}: {result.subjects} subjects, gallery of {result.gallery} sequences, "
        f"protocol {result.protocol}, distance {result.metric}, k = {result.k}; chance {result.chance:.2f} %.",
        "",
        markdown(rows),
    ]
    lines += [f"- {note}" for note in result.notes]
    lines += ["", *LEGEND, *([CROSS_VIEW] if found.cross_view else [])]
    if any(len(views) > 1 for views in found.per_view.values()):
        lines += ["", "By view of the probe:", "", markdown(view_rows(found.per_view))]
    lines += [f"![{name}]({name}.png)" for name in pictures]
    return "\n".join(lines) + "\n"
