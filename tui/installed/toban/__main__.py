"""`python -m toban`."""

from toban import main

main()
