"""Tables of the commands that take a network to a board."""


def trt_tables(result):
    """Return what a `TrtResult` adds to the usual table: what the board needs, and what remains to be run there."""
    files = [{"what the board needs": file} for file in result.files]
    left = [{"": number, "left, in order": line} for number, line in enumerate(result.left, 1)]
    notes = [{"note": note} for note in result.notes]
    return [("files", files, None), ("left", left, None), ("notes", notes, None)]
