"""One link alone: `python -m tests.bench.link --rate 9600 --kind pane`; `--env TOBAN_OUTPUT=textual` for the far end."""

import argparse
import tempfile
from pathlib import Path

from tests.bench.link.measure import Console, Figures, Link, feed
from tests.bench.link.sshd import NoServer, running_sshd
from tests.bench.world import running_world

KINDS = ("pane", "log", "console")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.link", description=__doc__)
    parser.add_argument("--rate", type=float, help="bytes a second each way; without it no limit")
    parser.add_argument("--kind", choices=KINDS, default="pane")
    parser.add_argument("--compress", action="store_true", help="ssh -C")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds, one way")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="at the far end")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="for ssh")
    chosen = parser.parse_args()
    link = Link(chosen.rate, chosen.compress, chosen.latency, tuple(chosen.option))
    env = dict(each.split("=", 1) for each in chosen.env)
    with tempfile.TemporaryDirectory() as folder:
        try:
            with running_sshd(Path(folder)) as server:
                if chosen.kind != "console":
                    _print(
                        f"{chosen.kind}, {link.words}", feed(server, link, chosen.kind, chosen.seconds, env)
                    )
                    return
                with running_world("ordinary-day") as world:
                    console = Console(server, world.url, world.env)
                    for mode, figures in zip(
                        ("watch", "logs"), console.measure(link, chosen.seconds, env), strict=True
                    ):
                        _print(f"{mode} mode, {link.words}", figures)
        except NoServer as missing:
            parser.error(f"sshd: {missing}")


def _print(title: str, figures: Figures) -> None:
    def formatted(value: float | None, unit: str, digits: int = 2) -> str:
        return "-" if value is None else f"{value:,.{digits}f} {unit}"

    print(title)
    print(f"  received {formatted(figures.received, 'B/s', 0)}, sent {formatted(figures.sent, 'B/s', 0)}")
    print(
        f"  age of the screen {formatted(figures.age.median, 's')}, at most {formatted(figures.age.longest, 's')}"
    )
    print(
        f"  age of the newest line {formatted(figures.newest.median, 's')}, at most {formatted(figures.newest.longest, 's')}"
    )
    print(f"  key to screen {formatted(figures.key, 's')}{'' if figures.answered else ' (no answer yet)'}")
    print(
        f"  longest gap of the loop {formatted(figures.gap, 's', 3)}, processor {formatted(figures.cpu, '%', 0)}",
        flush=True,
    )


main()
