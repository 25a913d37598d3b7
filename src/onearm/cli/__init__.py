"""The command line: thin, one file per command."""

from onearm.cli.app import main

__all__ = ["main"]
