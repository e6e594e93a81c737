"""The same server over TLS and on a Unix socket, as the command line starts it."""

import http.client
import json
import socket
import ssl
from contextlib import closing
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urljoin

import trustme

from contract.conformance.asking import JSON, Client
from contract.conformance.contents import PAYLOAD
from contract.conformance.serving import serving
from support.simulator import Simulator

PATIENCE_SECONDS = 180.0


def test_index_is_served_over_tls(upstream: Simulator, tmp_path: Path) -> None:
    """Page, document and file; and every absolute address on them is one of HTTPS."""
    authority, pem = trustme.CA(), tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with serving(upstream.url, tmp_path, {"SERVER__TLS_CERT": str(pem)}) as client:
        page = ask_securely(client, context, "/simple/payload/")
        document = ask_securely(client, context, "/pypi/payload/json")
        url = urljoin("/simple/payload/", json.loads(page)["files"][0]["url"])
        file = ask_securely(client, context, url)
        in_the_clear = client.raw(client.render("/simple/payload/"))

    host, port = client.address
    assert file == PAYLOAD.content
    assert json.loads(document)["urls"][0]["url"] == f"https://{host}:{port}{url}"
    assert not in_the_clear.startswith(b"HTTP/1.1 2")


def ask_securely(client: Client, context: ssl.SSLContext, path: str) -> bytes:
    """Return the body of an answer that came over TLS, which must be 200."""
    host, port = client.address
    connection = http.client.HTTPSConnection(host, port, timeout=PATIENCE_SECONDS, context=context)
    with closing(connection):
        connection.request("GET", path, headers={"Accept": JSON})
        response = connection.getresponse()
        assert response.status == 200
        return response.read()


def test_index_is_served_on_a_unix_socket(upstream: Simulator, tmp_path: Path) -> None:
    """What stands in front of it may be the only one who reaches it; the port stays free."""
    place = tmp_path / "index.sock"
    with serving(upstream.url, tmp_path, {"SERVER__UDS": str(place)}) as client:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_SECONDS)
            connection.connect(str(place))
            connection.sendall(client.render("/simple/foo-bar/", {"Accept": JSON}))
            response = HTTPResponse(connection)
            response.begin()
            page = json.loads(response.read())
        with socket.socket() as sock:
            on_the_port = sock.connect_ex(client.address)

    assert (response.status, page["name"]) == (200, "foo-bar")
    assert on_the_port != 0
    assert not place.exists()
