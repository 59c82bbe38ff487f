"""The certificates that clients of a load balancer see. Source: DescribeListeners (Elastic Load Balancing
v2), DescribeCertificate (AWS Certificate Manager) API references. A listener's further certificates (SNI) and
those that IAM keeps are not read."""

from services.aws.client.reader import Reader, incomplete, rows, when
from services.i18n import _
from services.models.outages import Certificate

CALLS = ("elbv2:DescribeListeners", "acm:DescribeCertificate")


class CertificateReader:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def of_balancer(self, arn: str) -> tuple[Certificate, ...]:
        """The default certificates of the listeners. Raises AwsError."""
        answer = await self._session.read(
            "elbv2", "DescribeListeners", required=("Listeners",), LoadBalancerArn=arn
        )
        listed = (
            each for listener in rows(answer, "Listeners") for each in listener.get("Certificates") or ()
        )
        named = dict.fromkeys(str(each.get("CertificateArn") or "") for each in listed)
        return tuple([await self._one(arn) for arn in named if arn.startswith("arn:") and ":acm:" in arn])

    async def _one(self, arn: str) -> Certificate:
        answer = await self._session.read(
            "acm",
            "DescribeCertificate",
            region=arn.split(":")[3],
            required=("Certificate",),
            CertificateArn=arn,
        )
        row = answer["Certificate"]
        ends = when(row.get("NotAfter"))
        if ends is None:
            raise incomplete(_("The certificate has no end."), "acm", "DescribeCertificate")
        return Certificate(domain=str(row.get("DomainName") or arn), ends=ends)
