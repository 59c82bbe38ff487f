"""Imports inside functions: every one that the project has, with the reason why it is late.

A circle is no reason, and neither is an import that whoever runs the function has made already: `test_late_imports`
finds both.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reason:
    """Why some imports are late."""

    text: str
    before: tuple[str, ...]
    """Modules that are imported first in every process in which these functions run."""
    imports: dict[str, set[str]] = field(default_factory=dict)
    """By file: what its functions import."""


REASONS = [
    Reason(
        "A console that only watches needs no change: each is imported when it is first asked for.",
        ("services.system",),
        {
            "services/changes/key_rotation/duty_ticks.py": {
                "services.changes.key_rotation.proofs",
                "services.changes.key_rotation.state",
            },
        },
    ),
    Reason(
        "An installed Toban is on Python's path only once the launcher has put it there.",
        ("toban",),
        {"tui/installed/toban/__init__.py": {"toban.bytecode", "tui.__main__"}},
    ),
    Reason(
        "The outline is drawn before anything that takes time is imported.",
        ("tui.__main__",),
        {"tui/__main__.py": {"services.host.hardening", "tui.cli.main"}},
    ),
    Reason(
        "The terminal is checked, and Textual's settings in the environment are forgotten, before Textual reads them.",
        ("tui.cli.main", "tui.startup.start"),
        {"tui/startup/start.py": {"tui.app", "tui.runtime.late_modules"}},
    ),
    Reason(
        "The first frame needs Textual alone; screens, models and AWS's readers are imported while it is shown.",
        ("tui.cli.main", "tui.startup.start", "tui.app"),
        {
            "tui/runtime/late_modules.py": {"services.inspections.registry"},
            "tui/app.py": {
                "tui.greeting",
                "tui.farewell",
                "tui.subscriptions",
                "tui.fleet.switch",
                "services.models.fleet",
                "tui.navigation",
                "tui.runtime.ahead",
                "tui.command_search",
            },
            "tui/startup/start.py": {
                "tui.startup.beginning",
                "tui.startup.connection",
                "tui.startup.demo_systems",
                "tui.startup.first_alarms",
                "tui.startup.fleet",
            },
        },
    ),
    Reason(
        "The `aws` commands are composed on request only; the console is on screen sooner without them.",
        ("tui.navigation",),
        {
            "services/changes/base.py": {"services.aws_cli.plans"},
            "services/changes/deploy_rollback/change.py": {"services.changes.deploy_rollback.cli_commands"},
            "services/changes/desired_count/change.py": {
                "services.aws_cli.containers",
                "services.aws_cli.plans",
            },
            "services/changes/service_restart/change.py": {
                "services.aws_cli.containers",
                "services.aws_cli.plans",
            },
            "services/changes/alarm_mute/change.py": {"services.changes.alarm_mute.cli_commands"},
            "services/changes/cache_invalidation/change.py": {
                "services.changes.cache_invalidation.cli_commands"
            },
            "services/changes/key_rotation/change.py": {"services.changes.key_rotation.cli_commands"},
            "services/changes/task_limit/change.py": {"services.changes.task_limit.cli_commands"},
            "services/inspections/access_keys/inspection.py": {
                "services.inspections.access_keys.cli_commands"
            },
            "services/inspections/alarms/inspection.py": {"services.inspections.alarms.cli_commands"},
            "services/inspections/backups/inspection.py": {
                "services.aws_cli.calls",
                "services.aws_cli.databases",
            },
            "services/inspections/costs/inspection.py": {"services.aws_cli.calls"},
            "services/inspections/custom/log_query.py": {"services.aws_cli.logs"},
            "services/inspections/custom/metric.py": {"services.aws_cli.metrics"},
            "services/inspections/dashboard/inspection.py": {
                "services.aws_cli.dashboards",
                "services.aws_cli.metrics",
            },
            "services/inspections/dr_region/inspection.py": {"services.aws_cli.calls"},
            "services/inspections/error_logs/inspection.py": {"services.aws_cli.logs"},
            "services/inspections/maintenance/inspection.py": {
                "services.aws_cli.calls",
                "services.aws_cli.databases",
            },
            "services/inspections/scaling/inspection.py": {"services.aws_cli.containers"},
            "services/inspections/sign_ins/inspection.py": {"services.inspections.sign_ins.cli_commands"},
            "services/inspections/slow_queries/inspection.py": {
                "services.aws_cli.databases",
                "services.aws_cli.logs",
            },
            "services/inspections/waf_blocks/inspection.py": {"services.inspections.waf_blocks.cli_commands"},
            "tui/navigation.py": {"tui.screens.common.aws_commands"},
            "tui/screens/logs/insights/row_actions.py": {"services.aws_cli.logs"},
            "tui/screens/logs/panes.py": {"services.aws_cli.logs"},
            "tui/screens/common/command_sheets.py": {
                "services.aws_cli.alarms",
                "services.aws_cli.dashboards",
                "services.inspections.alarms.cli_commands",
            },
        },
    ),
    Reason(
        "The help and every command load what they need: pydantic with the models takes longer than all the rest.",
        ("tui.__main__", "tui.cli.main"),
        {
            "tui/cli/assess.py": {
                "asyncio",
                "services.aws.client.errors",
                "services.aws.client.reader",
                "services.clock",
                "services.incidents.assess_answer",
                "services.incidents.first_wave.parts",
                "services.incidents.weighing",
                "services.models.assess_answer",
                "services.models.problem",
                "services.toml.grammar",
                "tui.cli.assess_text",
                "tui.startup.connection",
            },
            "tui/cli/watch.py": {"asyncio", "tui.cli.headless_watch"},
            "tui/cli/mcp/command.py": {"asyncio", "tui.cli.mcp.server"},
            "tui/cli/logs/tail.py": {
                "asyncio",
                "services.models.log_records",
                "services.toml.grammar",
                "tui.cli.logs.saving",
                "tui.cli.logs.tailing",
            },
            "tui/cli/change_schema.py": {
                "services.models.changes",
                "services.models.problem",
                "services.toml.grammar",
            },
            "tui/cli/change.py": {
                "asyncio",
                "services.aws.client.errors",
                "services.journal.errors",
                "tui.startup.connection",
                "widgets.changes.lines",
            },
            "tui/cli/duties/command.py": {
                "services.duties.icalendar_file",
                "services.report.agenda",
                "tui.cli.duties.agenda_text",
            },
            "tui/cli/entry_text.py": {
                "rich.cells",
                "services.models.date_text",
                "widgets.drawing.format",
                "widgets.journal.wording",
            },
            "tui/cli/inspect.py": {
                "asyncio",
                "rich.cells",
                "services.aws_cli.shell",
                "services.inspections.base",
                "services.inspections.registry",
                "services.inspections.running.windows",
                "services.journal.errors",
                "services.models.findings",
                "services.models.glyphs",
                "services.models.inspect_answer",
                "services.models.verdict",
                "services.toml.grammar",
                "tui.startup.reading",
                "widgets.drawing.format",
                "widgets.drawing.spans",
                "widgets.findings.lines",
                "widgets.findings.wording",
            },
            "tui/cli/journal/moving.py": {
                "asyncio",
                "services.clock",
                "services.journal.anchors.checkpoints",
                "services.journal.errors",
                "services.journal.ledger",
                "services.journal.ledgers.registry",
                "services.journal.moving.copying",
                "services.journal.moving.file_target",
                "services.journal.origin",
                "services.journal.problems",
                "services.models.problem",
            },
            "tui/cli/journal/command.py": {
                "asyncio",
                "services.journal.export",
                "services.journal.anchors.external_hashes",
                "services.journal.problems",
                "services.journal.reader",
                "services.journal.verify",
                "services.logs.masking.of_runbook",
                "services.models.journal",
                "tui.startup.connection",
                "tui.cli.journal.comparing",
            },
            "tui/cli/data_files.py": {
                "services.clock",
                "services.runbook.loader",
                "services.toml.files",
                "tui.cli.config_command",
                "tui.cli.files",
                "tui.startup.config_reader",
            },
            "tui/cli/main.py": {"services.demo.launch", "tui.startup.start"},
            "tui/cli/completion.py": {
                "services.runbook.loader",
                "services.toml.files",
                "tui.startup.config_reader",
            },
            "tui/cli/doctor/command.py": {
                "services.models.doctor_answer",
                "services.toml.grammar",
                "tui.cli.doctor.running",
                "tui.cli.doctor.text",
            },
            "tui/cli/policy.py": {
                "services.policy.documents",
                "services.policy.ledgers",
                "tui.panel_registry",
            },
            "tui/cli/events.py": {"services.policy.event_queue"},
            "tui/cli/journal/address.py": {"services.journal.ledgers.registry"},
            "tui/cli/journal/table.py": {"services.journal.ledgers.tables", "tui.startup.config_reader"},
            "tui/cli/opened_journal.py": {
                "asyncio",
                "services.clock",
                "services.journal.errors",
                "services.journal.ledgers.registry",
                "services.journal.place",
                "services.journal.problems",
                "services.models.journal",
                "services.runbook.loader",
                "services.toml.files",
                "tui.startup.config_reader",
            },
            "tui/cli/version.py": {
                "importlib.metadata",
                "services.host.programs",
                "services.journal.schema",
                "subprocess",
            },
            "tui/cli/click_i18n.py": {"widgets.drawing.format"},
            "tui/startup/first_steps.py": {"importlib.metadata"},
            "tui/cli/reads.py": {
                "asyncio",
                "services.aws.client.errors",
                "services.models.alarms",
                "tui.startup.reading",
                "widgets.alarms.wording",
                "widgets.drawing.format",
                "widgets.drawing.spans",
                "widgets.drawing.state_styles",
            },
            "tui/cli/drill/command.py": {
                "services.demo.incidents.drawing",
                "services.journal.problems",
                "services.models.drill_score",
                "services.report.drill",
                "services.toml.grammar",
                "tui.cli.drill.text",
            },
            "tui/cli/logs/query/command.py": {
                "services.models.insights_queries",
                "services.models.query_answer",
                "services.toml.grammar",
                "tui.cli.logs.query.run",
            },
            "tui/cli/incident.py": {
                "asyncio",
                "services.aws.client.errors",
                "services.incidents.service",
                "services.journal.problems",
                "services.models.incident_report",
                "services.models.incidents",
                "services.report.collecting.incident",
                "services.report.collecting.incident_lines",
                "services.report.incident_formats",
                "services.report.rendering.incident.document",
                "services.report.rendering.incident.listing",
                "services.toml.grammar",
                "tui.screens.report.lines",
                "widgets.drawing.format",
                "widgets.drawing.spans",
                "tui.startup.connection",
            },
            "tui/cli/report/command.py": {
                "services.report.rendering.html",
                "services.report.rendering.markdown",
                "tui.cli.report.every_system",
            },
            "tui/cli/report/making.py": {
                "services.journal.problems",
                "services.report.make",
                "services.report.periods",
            },
            "tui/cli/every_system.py": {
                "services.models.verdict",
                "services.toml.files",
                "tui.startup.chosen_system",
                "tui.startup.config_reader",
            },
        },
    ),
    Reason(
        "A runbook that was checked before is not checked again: most starts need neither the checks nor what they know.",
        ("tui.startup.connection",),
        {
            "services/runbook/loader.py": {
                "services.runbook.checks",
                "services.runbook.maintenance_window.checks",
                "services.runbook.roles",
                "services.runbook.undecided",
                "services.runbook.unsupported",
            },
        },
    ),
    Reason(
        "A command without a screen loads no Textual unless keys are configured, which are checked by Textual's names.",
        ("tui.startup.reading",),
        {"tui/startup/config_reader.py": {"tui.startup.key_checks"}},
    ),
    Reason(
        "AWS's library is imported in a thread, once the console's own modules are there.",
        ("tui.subscriptions", "tui.navigation", "tui.startup.connection"),
        {
            "services/aws/client/allowed_operations.py": {"botocore.serialize"},
            "services/aws/client/session.py": {"services.aws.client.sdk.credentials"},
        },
    ),
    Reason(
        "Only dashboards with texts, calendars with national holidays, need these "
        "libraries; the panels come first.",
        ("tui.subscriptions", "tui.navigation", "tui.startup.connection"),
        {
            "services/calendar/business_days.py": {"jpholiday"},
            "widgets/drawing/markdown.py": {"markdown_it"},
        },
    ),
    Reason(
        "A window over a log pane is imported when it is asked for; a console that only watches asks for none.",
        ("tui.screens.watch.watch", "tui.app"),
        {"tui/screens/logs/panes.py": {"tui.screens.logs.reading_tools"}},
    ),
    Reason(
        "Only who searches a log by a regular expression needs the engine that can be interrupted.",
        ("tui.screens.watch.watch", "tui.app"),
        {"widgets/logs/text/timed_regex.py": {"regex"}},
    ),
    Reason(
        "Only a runbook with patterns of its own for masking needs the engine that can be interrupted.",
        ("tui.screens.watch.watch", "tui.app"),
        {"services/logs/masking/further.py": {"regex"}},
    ),
    Reason(
        "The first alarms do not need the journal.",
        ("tui.startup.first_alarms",),
        {"tui/startup/config_reader.py": {"services.journal.place"}},
    ),
    Reason(
        "Only a journal on a PostgreSQL server needs the driver, which is an extra of the installation.",
        ("tui.startup.connection", "services.journal.ledgers.postgresql"),
        {"services/journal/ledgers/postgresql_problems.py": {"asyncpg"}},
    ),
    Reason(
        "Only the rotation of an access key seals secrets.",
        ("tui.startup.connection", "services.demo.world"),
        {
            "services/demo/github.py": {"nacl.exceptions", "nacl.public"},
            "services/github/sealing.py": {"nacl.public"},
        },
    ),
    Reason(
        "Python may be built without it, and then core dumps are limited in one way instead of two.",
        ("services.host.hardening",),
        {"services/host/hardening.py": {"ctypes"}},
    ),
    Reason(
        "The embedded AWS says what is wrong with its arguments, or that its extra is missing, before it loads moto.",
        ("services.demo.__main__",),
        {
            "services/demo/__main__.py": {
                "services.demo.front.app",
                "services.demo.handlers",
                "services.demo.incidents.drawing",
                "services.demo.scenario",
                "services.demo.world",
            },
        },
    ),
    Reason(
        "A grammar is needed by the first text in its language; Lark would take a tenth of a demo's start.",
        ("services.demo.handlers", "services.demo.world"),
        {"services/demo/grammar.py": {"lark", "lark.exceptions"}},
    ),
    Reason(
        "Most systems have no composite alarm that anybody hears through: Lark is for those that do.",
        ("services.system",),
        {"services/aws/cloudwatch/alarms/rules.py": {"lark", "lark.exceptions"}},
    ),
    Reason(
        "moto's dispatcher is needed by the first request that no handler of ours answers.",
        ("services.demo.handlers", "services.demo.front.app"),
        {"services/demo/front/moto_app.py": {"moto.moto_server.werkzeug_app"}},
    ),
    Reason(
        "No start needs what dates the occurrences of a month that is shown.",
        ("services.system",),
        {"services/system.py": {"services.report.collecting.dated_slots"}},
    ),
    Reason(
        "The first frame does not wait for what tells that somebody looks again.",
        ("tui.terminal.terminal_app",),
        {"tui/terminal/visibility.py": {"services.host.file_events"}},
    ),
]
