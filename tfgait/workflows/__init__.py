"""One function a job; each takes a dataclass of options and returns a plain record."""
