"""``python -m onearm`` is the same as ``onearm``."""

from onearm.cli import main

main()
