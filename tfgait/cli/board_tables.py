"""Tables of the commands that run on a board."""


def enroll_tables(result):
    """Return what an `EnrollResult` adds to the usual table: who is known, and the distance of strangers."""
    rows = [{"name": n, "sequences": count, "added": result.added.get(n, 0)} for n, count in result.people.items()]
    known = {"distance": result.threshold.get("distance")}
    for who, share, count in (("strangers", "false_accept", "impostors"), ("own", "genuine_accept", "genuines")):
        if result.threshold.get(share) is not None:
            known |= {f"{who} taken, %": 100 * result.threshold[share], f"of {who}": result.threshold[count]}
    return [
        ("people", rows, None),
        ("threshold", [known] if result.threshold else [], None),
        ("notes", [{"note": note} for note in result.notes], None),
    ]


def live_tables(result):
    """Return the tables of a `LiveResult`: who walked by."""
    title = f"{result.source}: {result.frames} frames, {result.fps:.0f} a second, {result.cpu_ms:.1f} ms of CPU each"
    said = {True: "yes", False: "no", None: None}
    rows = [{**t, "name": t["name"] or None, "known": said[t["known"]]} for t in result.tracks]
    files = [{"": "annotated video", "file": result.file}] if result.file else []
    return [(title, rows, None), ("notes", [{"note": note} for note in result.notes], None), ("written", files, None)]


def benchmark_tables(result):
    """Return the tables of a `BenchmarkResult`: what files weigh and take, and on which machine."""
    from tfgait.workflows.benchmark_reports import file_rows, machine_text, time_rows

    failed = [{"not measured": name, "": error} for name, error in result.errors.items()]
    notes = [{"note": note} for note in (*machine_text(result), *result.notes)]
    files = [{"": name, "file": path} for name, path in result.files.items()]
    return [
        (f"{result.model}; rank-1 in percent", file_rows(result), None),
        ("one run", time_rows(result), None),
        ("", failed, None),
        ("notes", notes, None),
        ("written", files, None),
    ]
