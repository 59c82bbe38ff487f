"""The four stories as recordings that play in a terminal or a page: `make casts` plays them anew in the demo."""
