"""Pictures of every screen, painted from the bytes that the console's encoder sends to a terminal."""
