"""The man pages, written from the registries: `python -m tests.tools.docs update`."""
