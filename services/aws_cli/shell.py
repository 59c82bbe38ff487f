from collections.abc import Iterator
from urllib.parse import urlsplit

from services.aws.client.settings import AwsSettings
from services.aws_cli.quoting import quoted
from services.i18n import _
from services.models.aws_cli import CliCommand, ShellLine


def argv(command: CliCommand, settings: AwsSettings, region: str) -> list[str]:
    """The program's arguments, in which a Variable stands for its value; `region` is the system's."""
    words = ["aws", command.service, command.verb, *command.arguments]
    for flag, value in (
        ("--query", command.query),
        ("--output", command.output),
        ("--region", command.region or region),
        ("--profile", settings.profile),
        ("--endpoint-url", _without_password(settings.endpoint_url)),
    ):
        words += [flag, value] if value else []
    return words


def shell_line(command: CliCommand, settings: AwsSettings, region: str) -> ShellLine:
    words = list(map(quoted, argv(command, settings, region)))
    if command.stores:
        words[0] = f"{command.stores}=$({words[0]}"
        words[-1] += ")"
    variable, values = command.repeats
    if variable:
        words[-1] += ";"
        words = ["for", variable, "in", *map(quoted, values), "do", *words, "done"]
        words[2 + len(values)] += ";"
    return ShellLine(words=tuple(words), purpose=command.purpose, traps=command.traps, writes=command.writes)


def sheet_remarks(settings: AwsSettings, *, demo: bool) -> Iterator[str]:
    if settings.role_arn:
        text = _("The console assumes {role}; these commands run with the rights of your own profile.")
        yield text.format(role=settings.role_arn)
    if demo:
        yield _(
            "The embedded AWS takes any credentials: run export AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo first."
        )


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else url
