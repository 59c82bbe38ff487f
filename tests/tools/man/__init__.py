"""The man pages, written from the registries: `python -m tests.tools.man update`."""
