"""Transport: the only room that talks HTTP to the outside.

Start at ``base.py`` (``Request``, ``Document``, ``Reply``, ``Client``), then ``client.py``. One
``HttpClient`` per upstream, made from a ``ClientRules``. What an upstream may send us to is in
``guard.py``; how each failure is called, in ``base.Fault`` and ``faults.py``; where an upstream
comes from when nobody configured one, in ``pip_settings.py`` and ``default_index.py``.

May import ``wire``, ``decide`` and the words; aiohttp and distlib live here and nowhere else.
"""

from wheelyard.settings import Secret
from wheelyard.transport.base import Client, Document, Fault, Reply, Request, fault_of
from wheelyard.transport.chain import remember_via
from wheelyard.transport.client import HttpClient
from wheelyard.transport.credentials import (
    Credentials,
    parse_credentials,
    split_credentials,
)
from wheelyard.transport.default_index import default_index_url
from wheelyard.transport.pip_settings import Machine, PipSettings, load_pip_settings
from wheelyard.transport.proxies import Proxies, Proxy, parse_proxy, read_proxies
from wheelyard.transport.rules import Certificates, ClientRules, Deadlines, Limits
from wheelyard.transport.urls import display_url

__all__ = [
    "Certificates",
    "Client",
    "ClientRules",
    "Credentials",
    "Deadlines",
    "Document",
    "Fault",
    "HttpClient",
    "Limits",
    "Machine",
    "PipSettings",
    "Proxies",
    "Proxy",
    "Reply",
    "Request",
    "Secret",
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
