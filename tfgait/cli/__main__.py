"""`python -m tfgait.cli <command>`."""

from tfgait.cli.main import main

main()
