"""Reads the keyboard in a thread that sleeps until a byte arrives, and notices when the terminal is gone."""

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from time import monotonic

from textual._xterm_parser import XTermParser
from textual.events import Event, Key
from textual.message import Message

from tui.terminal.driver.replies import InputFilter, Item, is_alt

_READ = 1 << 16
_BAD_BYTES = {code: code - 0xDC00 for code in range(0xDC80, 0xDCA0)} | dict.fromkeys(
    range(0xDCA0, 0xDD00), 0xFFFD
)


class AltKey(Event):
    """Escape and a key that arrived together: Alt and the key, or two keys typed fast. The app decides by its bindings."""

    def __init__(self, together: Key, apart: tuple[Key, ...]) -> None:
        super().__init__()
        self.together = together  # Alt and the key
        self.apart = apart  # Escape, and then the key


class Keyboard:
    """A file descriptor with its decoder and parser; `run` is the body of the input thread."""

    def __init__(
        self,
        fileno: int,
        on_message: Callable[[Message], None],
        is_answer: Callable[[str], bool],
        *,
        debug: bool = False,
    ) -> None:
        """`is_answer`: see InputFilter."""
        self.fileno = fileno
        self.filter = InputFilter(is_answer)
        self._on_message = on_message
        self._parser = XTermParser(debug)
        # Bytes that are not UTF-8 may be 8-bit controls of a terminal's reply, so they are kept apart.
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._wake_read, self._wake_write = os.pipe()

    def stop(self) -> None:
        """Make `run` return; may be called from any thread and repeatedly."""
        os.write(self._wake_write, b".")

    def close(self) -> None:
        os.close(self._wake_read)
        os.close(self._wake_write)

    def run(self) -> bool:
        with selectors.DefaultSelector() as selector:
            try:
                selector.register(self.fileno, selectors.EVENT_READ)
            except OSError:
                return False  # a plain file cannot be waited for and is no keyboard
            selector.register(self._wake_read, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _events in selector.select(self._patience())}
                if self._wake_read in ready:
                    return True
                if self.fileno in ready and not self._read():
                    return False
                self._deliver(self.filter.expire(monotonic()))

    def _patience(self) -> float | None:
        deadline = self.filter.deadline
        return None if deadline is None else max(0.0, deadline - monotonic())

    def _read(self) -> bool:
        try:
            data = os.read(self.fileno, _READ)
        except OSError:
            return False
        text = self._decoder.decode(data)
        if not text.isascii():
            text = text.translate(_BAD_BYTES)
        self._deliver(self.filter.feed(text, monotonic()))
        return bool(data)

    def _deliver(self, items: Iterable[Item]) -> None:
        for item in items:
            if not isinstance(item, str):
                self._on_message(item)
            elif is_alt(item):
                self._deliver_alt(item)
            else:
                for message in self._parse(item):
                    self._on_message(message)

    def _deliver_alt(self, item: str) -> None:
        together = [*self._parse(item)]
        apart = [*self._parse(item[0]), *self._parse(item[1])]
        keys = tuple(message for message in apart if isinstance(message, Key))
        if len(together) == 1 and isinstance(together[0], Key):
            self._on_message(AltKey(together[0], keys))
        else:
            for message in together:
                self._on_message(message)

    def _parse(self, text: str) -> Iterator[Message]:
        yield from self._parser.feed(text)
        if self._parser._timeout_time is not None:
            # The filter has waited already: the rest is a key, not the beginning of a sequence.
            self._parser._timeout_time = 0.0
            yield from self._parser.tick()
