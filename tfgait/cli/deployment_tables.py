"""Tables of the commands that take a network to a board."""


def trt_tables(result):
    """Return the tables of a `TrtResult`: what was done, what the board needs, and what remains to be run there."""
    from tfgait.cli.tables import plain_table

    files = [{"what the board needs": file} for file in result.files]
    left = [{"": number, "left, in order": line} for number, line in enumerate(result.left, 1)]
    notes = [{"note": note} for note in result.notes]
    return [*plain_table(result), ("files", files, None), ("left", left, None), ("notes", notes, None)]
