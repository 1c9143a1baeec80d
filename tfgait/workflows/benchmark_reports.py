"""The reports of one benchmark: table, numbers, picture."""

import dataclasses

from tfgait.core.files import whole_file, write_json, write_text
from tfgait.core.manifest import manifest
from tfgait.report.latency import rank1_against_latency
from tfgait.report.tables import markdown, write_csv

MIB = 1 << 20
LEGEND = (
    "memory: what a fresh process needs beyond bare Python and numpy until its first embedding. cold start: from the "
    "start of that process to the embedding. p50, p95: of one run by the clock; CPU: median CPU time of it, the figure "
    "to compare where others are busy. frames/s: by p50. mJ: of one sequence, above what idling takes. batch: "
    "sequences of a run; a file of fixed batch runs piece by piece.",
)


def write_reports(result, folder):
    """Write benchmark.md, .csv, .json and, where files were scored, .png; return the result with their paths.

    Args:
        result: `BenchmarkResult`.
        folder: where to write; what stood there is replaced.
    """
    files = {kind: folder / f"benchmark.{kind}" for kind in ("md", "csv", "json")}
    picture, points = folder / "benchmark.png", _points(result)
    notes = list(result.notes)
    picture.unlink(missing_ok=True)
    if points:
        try:
            first = result.rows[0]
            title = f"rank-1 against latency, threads {first['threads']}, batch {first['batch']}"
            png = rank1_against_latency(points, title)
        except ModuleNotFoundError as absent:
            notes.append(f"no picture: {absent.name} is not installed")
        else:
            files["png"] = picture
            with whole_file(picture) as temporary:
                temporary.write_bytes(png)
    files_told = {kind: str(path) for kind, path in files.items()}
    result = dataclasses.replace(result, files=files_told, notes=tuple(notes))
    write_text(files["md"], _page(result))
    write_csv(files["csv"], [_flat(row) for row in result.rows])
    write_json(files["json"], {**dataclasses.asdict(result), "manifest": manifest()})
    return result


def file_rows(result):
    """Return one dict a model file: bytes, memory, cold start, and rank-1 by kind of probe."""
    return [
        {
            "file": row["artefact"],
            "KiB": row["bytes"] / 1024,
            "memory MiB": row["memory_bytes"] and row["memory_bytes"] / MIB,
            "cold start ms": row["start_ms"],
            **{f"rank1 {kind}": rate for kind, rate in row["rank1"].items()},
        }
        for row in _firsts(result)
    ]


def time_rows(result):
    """Return one dict a model file, number of threads and batch size: latency, frames a second, joules."""
    return [
        {
            "file": row["artefact"],
            "threads": row["threads"],
            "batch": row["batch"],
            "p50 ms": row["p50_ms"],
            "p95 ms": row["p95_ms"],
            "CPU ms": row["cpu_ms"],
            "frames/s": row["fps"],
            "mJ": row["joules"] and 1000 * row["joules"],
        }
        for row in result.rows
    ]


def machine_text(result):
    """Return one line on the machine, and one on the meter."""
    here = result.machine
    facts = [
        here["board"],
        here["cpu"],
        f"{here['cores']} cores",
        here["governor"],
        here["mhz"] and f"{here['mhz']:.0f} MHz",
    ]
    facts += [here["memory_bytes"] and f"{here['memory_bytes'] / (1 << 30):.1f} GiB", here["os"]]
    facts += [here["load"] is not None and f"load {here['load']:.2f} when it began"]
    meter = result.meter
    if "why" in meter:
        energy = f"no joules: {meter['why']}"
    else:
        rails = " + ".join(meter["rails"])
        energy = f"joules by {meter['kind']}, {rails}: {meter['scope']}; sampled every {meter['period_ms']:g} ms"
        if "idle_watts" in meter:
            energy += f"; idle {meter['idle_watts']:.3f} W, spread {meter['idle_spread_watts']:.3f} W"
    return ", ".join(filter(None, facts)), energy


def _firsts(result):
    """Return the row of each file with its first number of threads and batch size."""
    return list({row["file"]: row for row in reversed(result.rows)}.values())[::-1]


def _points(result):
    return [
        {"name": row["artefact"], "ms": row["p50_ms"], "rank1": row["rank1"]} for row in _firsts(result) if row["rank1"]
    ]


def _flat(row):
    nested = {f"rank1_{kind}": rate for kind, rate in row["rank1"].items()}
    nested |= {f"joules_{rail}": joules for rail, joules in row.get("joules_by_rail", {}).items()}
    return {key: value for key, value in row.items() if key not in ("rank1", "joules_by_rail")} | nested


def _page(result):
    machine, energy = machine_text(result)
    lines = [f"# {result.model}", "", f"{machine}; {energy}.", "", "Rank-1 in percent.", ""]
    lines += [markdown(file_rows(result)), markdown(time_rows(result)), *LEGEND, ""]
    lines += [f"- {name} could not be measured: {error}" for name, error in result.errors.items()]
    lines += [f"- {note}" for note in result.notes]
    lines += ["", "![rank-1 against latency](benchmark.png)"] if "png" in result.files else []
    return "\n".join(lines) + "\n"
