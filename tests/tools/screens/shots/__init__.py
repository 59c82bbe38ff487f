"""The pictures that are taken, one line each."""
