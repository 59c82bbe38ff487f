"""The glyphs of states: one cell and one meaning each, on every screen and in reports (`docs/screens.md`)."""

FIRING = "■"  # An alarm is firing
ABNORMAL = "◆"  # Measured, and outside what is normal; failed
ATTENTION = "▲"  # Worth a look; a warning
NOT_JUDGED = "?"  # No data, not judged, outcome unknown
WAITING = "□"  # Waiting for a person
LATE = "!"  # Waiting for a person, and late
UNDERWAY = "◐"  # A person has begun and not finished
RUNNING = "▶"  # The console is doing it now
DONE = "✓"  # Done, signed off, verified
MISSING = "×"  # Should be there and is not; missed
NORMAL = "●"  # Measured, and normal
UPCOMING = "○"  # Not yet
OFF = "–"  # Deliberately not: skipped, disabled, muted
UNPLANNED = "◇"  # Has no date yet
PAUSED = "‖"  # Stopped by a person, can go on
NO_RECORD = "·"  # Nothing is known of it
LATE_LINE = "«"  # A log line that came late, and stands at its own time
