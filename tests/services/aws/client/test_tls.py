import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.aws.client.errors import Unreachable
from tests.faults.server import FaultServer, answer


def certificate(folder, host):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + signed.public_bytes(pem))
    return path


@asynccontextmanager
async def serving(certificate_and_key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_and_key)
    behind = FaultServer()
    behind.always(answer({"MetricAlarms": []}))
    server = await asyncio.start_server(behind.handle, "127.0.0.1", 0, ssl=context)
    behind.url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    yield behind
    server.close()


async def test_a_certificate_that_is_trusted_is_enough_for_one_connection(
    open_session, tmp_path, monkeypatch
):
    trusted = certificate(tmp_path, "localhost")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(trusted))
    async with serving(trusted) as server:
        session = open_session(endpoint_url=server.url)
        for _ in range(2):
            await session.read("cloudwatch", "DescribeAlarms")
        assert (len(server.seen), server.connections) == (2, 1)
        await session.close()


@pytest.mark.parametrize(("host", "is_trusted"), [("localhost", False), ("elsewhere.example", True)])
async def test_nothing_is_sent_to_a_host_without_a_certificate_of_its_own_that_is_trusted(
    host, is_trusted, open_session, tmp_path, monkeypatch
):
    shown = certificate(tmp_path, host)
    if is_trusted:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(shown))
    async with serving(shown) as server:
        session = open_session(endpoint_url=server.url)
        with pytest.raises(Unreachable):
            await session.read("cloudwatch", "DescribeAlarms")
        assert server.seen == []
