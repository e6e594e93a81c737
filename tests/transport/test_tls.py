"""Contexts verify, whatever they are made from."""

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from transport.raw_server import OK, RawServer, redirect, server_context
from wheelyard.errors import ConfigError, Unavailable, WheelyardError
from wheelyard.transport import Certificates, ClientRules, Fault, HttpClient, Request, fault_of
from wheelyard.transport.tls import load_contexts

pytestmark = pytest.mark.anyio


def test_context_always_verifies() -> None:
    """There is no way to switch it off."""
    contexts = load_contexts(Certificates())

    assert contexts.own is contexts.others
    assert contexts.own.verify_mode is ssl.CERT_REQUIRED
    assert contexts.own.check_hostname
    assert contexts.own.minimum_version is ssl.TLSVersion.TLSv1_2


def test_own_authority_can_stand_alone(tmp_path: Path) -> None:
    """Then nobody else is believed."""
    path = tmp_path / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(path))

    context = load_contexts(Certificates(ca=path, ca_replaces_system=True)).own

    assert len(context.get_ca_certs()) == 1


def test_directory_of_authorities_is_accepted(tmp_path: Path) -> None:
    """Pip takes one, so we do."""
    assert load_contexts(Certificates(ca=tmp_path)).own.verify_mode is ssl.CERT_REQUIRED


def test_client_certificate_is_in_the_own_context_only(tmp_path: Path) -> None:
    """Others get a context that has nothing to show."""
    path = tmp_path / "client.pem"
    trustme.CA().issue_cert("a@index.example").private_key_and_cert_chain_pem.write_to_path(
        str(path)
    )

    contexts = load_contexts(Certificates(client=path))

    assert contexts.own is not contexts.others


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_unusable_authority_is_a_configuration_error(content: bytes | None, tmp_path: Path) -> None:
    """The message names the file."""
    path = tmp_path / "authority.pem"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"authority\.pem` cannot be used"):
        load_contexts(Certificates(ca=path))


def test_unusable_client_certificate_is_a_configuration_error(tmp_path: Path) -> None:
    """A certificate without its key is of no use."""
    path = tmp_path / "client.pem"
    trustme.CA().cert_pem.write_to_path(str(path))

    with pytest.raises(ConfigError, match=r"client\.pem` cannot be used"):
        load_contexts(Certificates(client=path))


def test_encrypted_key_is_a_configuration_error_and_asks_nobody(tmp_path: Path) -> None:
    """A server has no terminal to type a password at."""
    issued = trustme.CA().issue_cert("a@index.example")
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    path = tmp_path / "client.pem"
    path.write_bytes(
        key.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"word")
        )
        + issued.cert_chain_pems[0].bytes()
    )

    with pytest.raises(ConfigError, match="without a password"):
        load_contexts(Certificates(client=path))


# --- connections ---


@pytest.mark.parametrize("replaces", [False, True])
async def test_own_authority_is_believed(
    authority: trustme.CA, authority_file: Path, *, replaces: bool
) -> None:
    """In addition to the system's, or instead of them."""
    async with RawServer.saying(OK, tls=server_context(authority)) as server:
        certificates = Certificates(ca=authority_file, ca_replaces_system=replaces)
        async with HttpClient(ClientRules(server.url, certificates=certificates)) as client:
            document = await client.load(Request(server.url))

    assert document.body == b"ok"


async def test_unknown_authority_is_not_believed(authority: trustme.CA) -> None:
    """F04: nothing is asked over such a connection."""
    async with (
        RawServer.saying(OK, tls=server_context(authority)) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        with pytest.raises(Unavailable, match="certificate is not accepted") as caught:
            await client.load(Request(server.url))

    assert fault_of(caught.value) is Fault.TLS
    assert server.requests == []


async def test_certificate_of_another_name_is_not_believed(
    authority: trustme.CA, authority_file: Path
) -> None:
    """F04: being known is not being meant."""
    context = server_context(authority, "other.example")
    async with RawServer.saying(OK, tls=context) as server:
        rules = ClientRules(server.url, certificates=Certificates(ca=authority_file))
        async with HttpClient(rules) as client:
            with pytest.raises(Unavailable) as caught:
                await client.load(Request(server.url))

    assert fault_of(caught.value) is Fault.TLS


async def test_old_protocol_is_not_spoken(authority: trustme.CA, authority_file: Path) -> None:
    """TLS begins with 1.2."""
    context = server_context(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with RawServer.saying(OK, tls=context) as server:
        rules = ClientRules(server.url, certificates=Certificates(ca=authority_file))
        async with HttpClient(rules) as client:
            with pytest.raises(Unavailable) as caught:
                await client.load(Request(server.url))

    assert fault_of(caught.value) in {Fault.TLS, Fault.RESET}
    assert server.requests == []


async def test_client_certificate_is_shown_to_the_origin_and_to_nobody_else(
    authority: trustme.CA, authority_file: Path, tmp_path: Path
) -> None:
    """T29: a certificate is a credential too."""
    client_file = tmp_path / "client.pem"
    authority.issue_cert("client@index.example").private_key_and_cert_chain_pem.write_to_path(
        str(client_file)
    )
    demanding = server_context(authority)
    demanding.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(demanding)
    certificates = Certificates(ca=authority_file, client=client_file)
    async with (
        RawServer.saying(OK, tls=demanding) as server,
        RawServer.saying(OK, tls=demanding) as other,
        HttpClient(ClientRules(server.url, certificates=certificates)) as client,
    ):
        document = await client.load(Request(server.url))
        with pytest.raises(Unavailable):
            await client.load(Request(other.url))

    assert document.body == b"ok"
    assert other.requests == []


async def test_redirect_to_plain_http_is_refused(
    authority: trustme.CA, authority_file: Path
) -> None:
    """Whoever is on the way does not get the rest in the clear."""
    async with (
        RawServer.saying(OK) as plain,
        RawServer.saying(redirect(plain.url), tls=server_context(authority)) as server,
    ):
        rules = ClientRules(
            server.url,
            certificates=Certificates(ca=authority_file),
            allow_hosts=(plain.url,),
        )
        async with HttpClient(rules) as client:
            with pytest.raises(WheelyardError, match="plain http"):
                await client.load(Request(server.url))

    assert plain.connections == 0


async def test_file_of_certificates_that_is_missing_is_told_on_entering(tmp_path: Path) -> None:
    """A slip in a path is found before the first request."""
    rules = ClientRules(
        "https://index.example/", certificates=Certificates(ca=tmp_path / "missing.pem")
    )

    with pytest.raises(ConfigError, match=r"missing\.pem"):
        async with HttpClient(rules):
            pytest.fail("it opened")
