"""``python -m clients.cli``: the same as ``kap``."""

from clients.cli import main

main()
