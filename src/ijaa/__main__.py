"""`python -m ijaa`."""

from ijaa.cli import main

main()
