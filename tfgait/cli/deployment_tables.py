"""Tables of the commands that take a network to a board."""


def export_tables(result):
    """Return what an `ExportResult` adds to the usual table: recognition beside Keras, and notes."""
    rank1 = [result.rank1 | {"drop": result.rank1_drop}] if result.rank1 else []
    notes = [{"note": note} for note in result.notes]
    return [("rank-1 in percent, on people of the test side", rank1, None), ("notes", notes, None)]


def trt_tables(result):
    """Return what a `TrtResult` adds to the usual table: what the board needs, and what remains to be run there."""
    files = [{"what the board needs": file} for file in result.files]
    left = [{"": number, "left, in order": line} for number, line in enumerate(result.left, 1)]
    notes = [{"note": note} for note in result.notes]
    return [("files", files, None), ("left", left, None), ("notes", notes, None)]
