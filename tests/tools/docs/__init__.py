"""The documentation's pages: the parts that the code fills, and the commands that a reader would type."""
