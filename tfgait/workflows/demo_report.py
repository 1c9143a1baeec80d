"""The page of the demo."""

import csv
from pathlib import Path

from tfgait.core.manifest import versions
from tfgait.report.html import Picture, Section, Table, write_html
from tfgait.report.pictures import pruning_bars, training_curve
from tfgait.report.strips import silhouette_sheet
from tfgait.workflows.score_files import pictures_of

COMMAND = "scripts/demo.sh"
LIMITS = (
    "These people are made: results on walkers say that the path works and how models compare, not how well anybody "
    "would be recognised by a camera in a street.",
    "Milliseconds are 1-thread CPU time on this machine; compare them within the table only.",
    "Recognising people by their walk is biometric identification: in many places it needs consent or a legal basis.",
)


def write(path, result, options, seen, trained, pruned):
    """Write the report.

    Args:
        path: of the HTML file.
        result: `DemoResult`.
        options: `DemoOptions`.
        seen: scores by row of the table, with the store of the people never seen.
        trained: `TrainResult`.
        pruned: `PruneResult`.
    """
    store, scored = seen["store"], seen["trained"]
    best = dict.fromkeys(("nm", "bg", "cl"), "max")
    sections = [
        Section(
            "Result",
            (
                f"{trained.subjects + trained.val_subjects} people trained the network, {seen['people']} others were "
                f"tested: {scored.gallery} walks in the gallery, {sum(scored.probes.values())} probes, 11 views, the "
                "identical view left out. nm: normal, bg: with a bag, cl: in a coat; rank-1 in percent.",
            ),
            (Table(result.table, "Rank-1 on people never seen", best=best, command=COMMAND),),
        ),
        Section("Who walks", (), (_people(store),)),
        Section("Training", (), (_curve(trained.run),)),
        Section("Where it is right, where it is wrong", (), tuple(_pictures(scored, store, trained.run))),
        Section("Pruning", tuple(pruned.notes), (_pruning(pruned),)),
    ]
    if result.mocap:
        rows = [{"model": name, **values} for name, values in result.mocap.items()]
        text = "Real walks from motion capture, rendered. So few people are an example, never a score to quote."
        sections.append(Section("Real walks", (text,), (Table(rows, command=f"{COMMAND} --mocap FOLDER"),)))
    about = "Walkers: people this toolkit makes itself. Nothing here is a recording of anybody."
    facts = {**versions(), "seed": options.seed, "data": store.hash[:12], "seconds": result.seconds}
    write_html(path, "From a walk to a name", about, sections, LIMITS, facts)


def _people(store):
    table = store.table
    people = sorted(set(table.subject.tolist()))[:3]
    rows = [
        int(table.mask([person], [condition], ["090"]).nonzero()[0][0])
        for person in people
        for condition in ("nm", "bg", "cl")
        if table.mask([person], [condition], ["090"]).any()
    ]
    sheet = silhouette_sheet(
        [(f"{table.subject[r]} {table.condition[r]}", store.read(r)) for r in rows], frames=6, across=3
    )
    caption = "Three people never seen in training: normal, with a bag, in a coat; side view"
    return Picture(sheet, caption, "Rows of dark silhouettes of walking people on white", "tfgait synthesize")


def _curve(run):
    with open(Path(run) / "history.csv", newline="", encoding="utf-8") as file:
        rows = [{k: float(v) if v else None for k, v in row.items()} for row in csv.DictReader(file)]
    alt = f"Loss falls from {rows[0]['loss']:.3f} to {rows[-1]['loss']:.3f} over {len(rows)} epochs"
    return Picture(training_curve(rows), "Training loss, and scores on training people held out", alt)


def _pictures(found, store, run):
    words = {
        "view_matrices": (
            "Rank-1 by view of the probe and view of the gallery",
            "Heat maps, highest near the diagonal",
        ),
        "neighbours": ("Probes and their nearest walks, right and wrong", "Pairs of silhouette strips"),
    }
    pictures = pictures_of(found, store)
    for name, (caption, alt) in words.items():
        if pictures[name]:
            yield Picture(pictures[name], caption, alt, f"python mains/test_knn.py --model {Path(run).name}")


def _pruning(pruned):
    rows = [
        {"name": row["layer"], "before": row["filters_before"], "after": row["filters_after"]}
        for row in pruned.layers
        if row["filters_before"]
    ]
    alt = f"{pruned.filters_before} filters before, {pruned.filters_after} after"
    caption = f"Filters left of each layer; error of the proof {pruned.max_abs_error:.1e}"
    return Picture(pruning_bars(rows), caption, alt, f"python mains/prune.py --percentile {pruned.percentile:g}")
