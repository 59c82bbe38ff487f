"""Files with imports inside functions, and why; a circle or an import already made is no reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    text: str
    before: tuple[str, ...]  # Modules that are imported first in every process in which these functions run
    files: tuple[str, ...]  # Their paths, or patterns of them


REASONS = [
    Reason(
        "A console that only watches needs no change: each is imported when it is first asked for.",
        ("services.system",),
        ("services/changes/key_rotation/duty_ticks.py",),
    ),
    Reason(
        "A command that reads alarms or runs inspections needs no console's services.",
        ("tui.__main__", "tui.cli.main"),
        ("tui/startup/reading.py",),
    ),
    Reason(
        "An installed Toban is on Python's path only once the launcher has put it there.",
        ("toban",),
        ("tui/installed/toban/__init__.py",),
    ),
    Reason(
        "The outline is drawn before anything that takes time is imported.",
        ("tui.__main__",),
        ("tui/__main__.py",),
    ),
    Reason(
        "The terminal is checked, and Textual's settings in the environment are forgotten, before Textual reads them.",
        ("tui.cli.main", "tui.startup.start"),
        ("tui/startup/start.py",),
    ),
    Reason(
        "The first frame needs Textual alone; screens, models and AWS's readers are imported while it is shown.",
        ("tui.cli.main", "tui.startup.start", "tui.app"),
        ("tui/app.py", "tui/runtime/late_modules.py", "tui/startup/start.py"),
    ),
    Reason(
        "The `aws` commands are composed on request only; the console is on screen sooner without them.",
        ("tui.navigation",),
        (
            "services/changes/alarm_mute/alarm_mute_change.py",
            "services/changes/base.py",
            "services/changes/cache_invalidation/cache_invalidation_change.py",
            "services/changes/deploy_rollback/deploy_rollback_change.py",
            "services/changes/desired_count/desired_count_change.py",
            "services/changes/key_rotation/key_rotation_change.py",
            "services/changes/service_restart/service_restart_change.py",
            "services/changes/task_limit/task_limit_change.py",
            "services/inspections/access_keys/access_keys_inspection.py",
            "services/inspections/alarms/alarm_inspection.py",
            "services/inspections/backups/backups_inspection.py",
            "services/inspections/costs/costs_inspection.py",
            "services/inspections/custom/log_query.py",
            "services/inspections/custom/metric.py",
            "services/inspections/dashboard/dashboard_inspection.py",
            "services/inspections/dr_region/dr_region_inspection.py",
            "services/inspections/error_logs/error_logs_inspection.py",
            "services/inspections/maintenance/maintenance_inspection.py",
            "services/inspections/scaling/scaling_inspection.py",
            "services/inspections/sign_ins/sign_ins_inspection.py",
            "services/inspections/slow_queries/slow_queries_inspection.py",
            "services/inspections/waf_blocks/waf_blocks_inspection.py",
            "tui/navigation.py",
            "tui/screens/common/command_sheets.py",
            "tui/screens/logs/insights/row_actions.py",
            "tui/screens/logs/panes.py",
        ),
    ),
    Reason(
        "The help and every command load what they need: pydantic with the models takes longer than all the rest.",
        ("tui.__main__", "tui.cli.main"),
        ("tui/cli/**/*.py", "tui/startup/first_steps.py"),
    ),
    Reason(
        "A runbook that was checked before is not checked again: most starts need neither the checks nor what they know.",
        ("tui.startup.connection",),
        ("services/runbook/loader.py",),
    ),
    Reason(
        "A command without a screen loads no Textual unless keys are configured, which are checked by Textual's names.",
        ("tui.startup.reading",),
        ("tui/startup/config_reader.py",),
    ),
    Reason(
        "AWS's library is imported in a thread, once the console's own modules are there.",
        ("tui.subscriptions", "tui.navigation", "tui.startup.connection"),
        ("services/aws/client/allowed_operations.py", "services/aws/client/session.py"),
    ),
    Reason(
        "Only dashboards with texts, calendars with national holidays, need these libraries; the panels come first.",
        ("tui.subscriptions", "tui.navigation", "tui.startup.connection"),
        ("services/calendar/business_days.py", "widgets/drawing/markdown.py"),
    ),
    Reason(
        "A window over a log pane is imported when it is asked for; a console that only watches asks for none.",
        ("tui.screens.watch.watch", "tui.app"),
        ("tui/screens/logs/panes.py",),
    ),
    Reason(
        "Only who searches a log by a regular expression needs the engine that can be interrupted.",
        ("tui.screens.watch.watch", "tui.app"),
        ("widgets/logs/text/search.py",),
    ),
    Reason(
        "Only a runbook with patterns of its own for masking needs the engine that can be interrupted.",
        ("tui.screens.watch.watch", "tui.app"),
        ("services/logs/masking/further.py",),
    ),
    Reason(
        "The first alarms do not need the journal.",
        ("tui.startup.first_alarms",),
        ("tui/startup/config_reader.py",),
    ),
    Reason(
        "Only a journal on a PostgreSQL server needs the driver, which is an extra of the installation.",
        ("tui.startup.connection", "services.journal.ledgers.postgresql"),
        ("services/journal/ledgers/postgresql.py",),
    ),
    Reason(
        "Only the rotation of an access key seals secrets.",
        ("tui.startup.connection", "services.demo.world"),
        ("services/demo/github.py", "services/github/sealing.py"),
    ),
    Reason(
        "Python may be built without it, and then core dumps are limited in one way instead of two.",
        ("services.host.hardening",),
        ("services/host/hardening.py",),
    ),
    Reason(
        "The embedded AWS says what is wrong with its arguments, or that its extra is missing, before it loads moto.",
        ("services.demo.__main__",),
        ("services/demo/__main__.py",),
    ),
    Reason(
        "A grammar is needed by the first text in its language; Lark would take a tenth of a demo's start.",
        ("services.demo.handlers", "services.demo.world"),
        ("services/demo/grammar.py",),
    ),
    Reason(
        "Most systems have no composite alarm that anybody hears through: Lark is for those that do.",
        ("services.system",),
        ("services/aws/cloudwatch/alarms/rules.py",),
    ),
    Reason(
        "moto's dispatcher is needed by the first request that no handler of ours answers.",
        ("services.demo.handlers", "services.demo.front.app"),
        ("services/demo/front/moto_app.py",),
    ),
    Reason(
        "No start needs what dates the occurrences of a month that is shown.",
        ("services.system",),
        ("services/system.py",),
    ),
    Reason(
        "The first frame does not wait for what tells that somebody looks again.",
        ("tui.terminal.terminal_app",),
        ("tui/terminal/visibility.py",),
    ),
]
