"""Tables, pictures and the self-contained HTML report, all from plain records."""
