"""The checks of `toban doctor`, in the order in which they are listed; adding one is one function and one line here."""

from dataclasses import dataclass

from services.i18n import N_


@dataclass(frozen=True, slots=True)
class Check:
    id: str  # Stable: programs read it in the JSON
    title: str  # English; translated when shown
    implementation: str
    """`module:function` under `tui.cli.doctor`: an async function from an Examination to an Outcome. May raise Skipped."""


CHECKS = (
    Check("terminal", N_("Terminal"), "terminal:terminal"),
    Check("language", N_("Language"), "machine:language"),
    Check("installation", N_("Installation"), "installation:installation"),
    Check("versions", N_("Versions"), "machine:versions"),
    Check("time-zone", N_("Time zone"), "machine:time_zone"),
    Check("disk", N_("State folder"), "disk:state_folder_usable"),
    Check("configuration", N_("Configuration"), "files:configuration"),
    Check("runbook", N_("Runbook"), "files:runbook"),
    Check("credentials", N_("Credentials"), "credentials:credentials"),
    Check("clock", N_("Clock skew"), "credentials:clock"),
    Check("permissions", N_("Permissions"), "permissions:permissions"),
    Check("names", N_("Names in the runbook"), "names:names"),
    Check("journal", N_("Journal"), "journal_file:journal_file"),
    Check("ledger", N_("Ledger"), "ledger:ledger"),
    Check("hashes", N_("External hashes"), "hashes:hashes"),
    Check("slack", N_("Slack"), "messengers:slack"),
    Check("github", N_("GitHub"), "messengers:github"),
)
