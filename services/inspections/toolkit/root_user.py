"""The root user's own access keys and MFA; what IAM does not report is not judged."""

from collections.abc import Iterator

from services.i18n import _
from services.models.findings import Measure
from services.models.iam import RootUser
from services.models.verdict import Verdict


def root_measures(root: RootUser | None) -> Iterator[Measure]:
    keys, none = root.access_keys if root is not None else None, _("none")
    yield Measure(
        title=_("Root's access keys"),
        shown=_("not read") if keys is None else str(keys) if keys else none,
        allowed=none,
        verdict=Verdict.UNKNOWN if keys is None else Verdict.ABNORMAL if keys else Verdict.NORMAL,
        value=keys,
    )
    mfa = root.mfa if root is not None else None
    verdict = {None: Verdict.UNKNOWN, True: Verdict.NORMAL, False: Verdict.ABNORMAL}[mfa]
    yield Measure(
        title=_("Root's MFA"),
        shown={None: _("not read"), True: _("enabled"), False: _("not enabled")}[mfa],
        allowed=_("enabled"),
        verdict=verdict,
    )


def root_advice(root: RootUser | None) -> Iterator[str]:
    if root is not None and root.access_keys:
        yield _("Delete root's access keys: whoever holds them can do anything, without limits.")
    if root is not None and root.mfa is False:
        yield _("Enable MFA for root.")
