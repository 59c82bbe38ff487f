from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApprovalScope:
    id: str
    """Unique within its kind; stable. The runbook's `approves` names it after the kind: `task-limit:raise`."""
    title: str  # English, marked with N_
    sentence: str = ""  # The Japanese sentence by which a runbook may name it, too; "" for none


@dataclass(frozen=True, slots=True)
class ChangeKind:
    id: str  # Its name on the command line and in the journal; stable: `task-limit`
    title: str  # English, marked with N_; translated where it is displayed
    code: str  # The class as `module:Class`; imported when the first change of this kind is made
    help: str  # One sentence, marked with N_
    options: str = ""  # An example of its parameters as options of `toban change`: `--max 10`
    words: str = ""  # Readings and romaji by which the palette finds it
    scopes: tuple[ApprovalScope, ...] = ()  # What the runbook may require an approval for
    measures: tuple[str, ...] = ()
    """What it has measured by its end, by the names of `Progress.measured`; a runbook's `measured_by` names one after the
    kind: `drill-restore:minutes`."""

    def scope_named(self, id: str) -> ApprovalScope:
        """One of `scopes`. Raises KeyError."""
        for scope in self.scopes:
            if scope.id == id:
                return scope
        raise KeyError(id)

    def scope(self, id: str) -> str:
        """The scope as the runbook names it: `task-limit:raise`. Raises KeyError (not one of `scopes`)."""
        return f"{self.id}:{self.scope_named(id).id}"
