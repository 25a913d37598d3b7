"""The command line: thin, one function a command."""

from onearm.cli.app import main

__all__ = ["main"]
