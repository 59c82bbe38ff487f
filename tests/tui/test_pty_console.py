import sys

from tests.tui.pty_console import PtyConsole


def test_half_a_wide_character_is_a_blank():
    command = [sys.executable, "-c", r"print('日本\x1b[1;1Hx' + '\a' * 99)"]
    with PtyConsole(command, env={"PYTHONIOENCODING": "utf-8"}) as console:
        console.wait_exit()
        assert console.lines[0].rstrip() == "x 本"
