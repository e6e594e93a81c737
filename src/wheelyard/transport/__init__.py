"""Transport: the only way to the outside, over HTTP or to a directory of this machine.

Start at ``base.py`` (``Request``, ``Document``, ``Reply``, ``Client``), then ``client.py``. One
``HttpClient`` per upstream, made from a ``ClientRules``. What an upstream may send us to is in
``guard.py``; a door that is a directory, in ``directory.py``; how each failure is called, in
``base.Fault`` and ``faults.py``; where an upstream comes from when nobody configured one, in
``pip_settings.py`` and ``default_index.py``. Directories of people are asked in ``ldap.py``, by
whoever has one.

May import ``wire``, ``decide`` and the words; aiohttp, distlib and ldap3 live here and nowhere
else.
"""

from wheelyard.settings import Secret
from wheelyard.transport.base import Client, Document, Fault, Reply, Request, fault_of
from wheelyard.transport.beneath import Beneath
from wheelyard.transport.chain import remember_via
from wheelyard.transport.client import HttpClient
from wheelyard.transport.credentials import (
    Credentials,
    parse_credentials,
    split_credentials,
)
from wheelyard.transport.default_index import default_index_url
from wheelyard.transport.directory import DirectoryClient, DirectoryRules
from wheelyard.transport.issuer import IssuerClient, IssuerRules
from wheelyard.transport.itself import Listening
from wheelyard.transport.pip_settings import Machine, PipSettings, load_pip_settings
from wheelyard.transport.probe import ProbeClient, ProbeRules
from wheelyard.transport.proxies import Proxies, Proxy, parse_proxy, read_proxies
from wheelyard.transport.rules import Certificates, ClientRules, Deadlines, Limits
from wheelyard.transport.urls import display_url
from wheelyard.transport.watching import Watch
from wheelyard.transport.webhook import WebhookClient, WebhookRules

__all__ = [
    "Beneath",
    "Certificates",
    "Client",
    "ClientRules",
    "Credentials",
    "Deadlines",
    "DirectoryClient",
    "DirectoryRules",
    "Document",
    "Fault",
    "HttpClient",
    "IssuerClient",
    "IssuerRules",
    "Limits",
    "Listening",
    "Machine",
    "PipSettings",
    "ProbeClient",
    "ProbeRules",
    "Proxies",
    "Proxy",
    "Reply",
    "Request",
    "Secret",
    "Watch",
    "WebhookClient",
    "WebhookRules",
    "default_index_url",
    "display_url",
    "fault_of",
    "load_pip_settings",
    "parse_credentials",
    "parse_proxy",
    "read_proxies",
    "remember_via",
    "split_credentials",
]
