"""Uploads, as PyPI takes them: one form per file.

Who answers reads the reason phrase as well as the body, so the sentence stands in both. The
credentials come first, then the form, then the rights on the project that it names: a large file
of somebody who may not upload it is not received to its end.
Source: PyPI's upload interface (the "legacy" API); reference/standards.md, section 2.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import unquote

import anyio.to_thread

from wheelyard.access import Action, Identity, may, may_somewhere
from wheelyard.access.proxy import is_of_another_site
from wheelyard.access.shown import Shown, identify
from wheelyard.app import MAIN, App, Index
from wheelyard.blobs import Digests, Incoming, IncomingParts
from wheelyard.catalog import Actor, JournalRow, Published
from wheelyard.catalog.publishing import FILE_ADDED, PROJECT_CREATED
from wheelyard.decide.lookalikes import resembles
from wheelyard.errors import (
    Absent,
    BadInput,
    Conflict,
    LoginNeeded,
    Refused,
    Unavailable,
    WheelyardError,
)
from wheelyard.names import ProjectName, parse_project_name
from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Exchange
from wheelyard.server.problems import Problem, gone, method_not_allowed, name_taken, problem_of
from wheelyard.server.readers import rules_of
from wheelyard.server.simple import SimplePages
from wheelyard.server.who import shown_by
from wheelyard.upload.pipeline import Candidate, Destination, Done
from wheelyard.wire.upload_fields import UploadForm, parse_upload_fields
from wheelyard.wire.upload_form import (
    FieldRead,
    FileBegins,
    FileBytes,
    FileEnds,
    FormEvent,
    FormLimits,
    FormParser,
)

__all__ = ["ClientLeftError", "Uploads"]

_LOG = logging.getLogger(__name__)

_GONE = {
    "submit": "Registering a release by itself is no longer possible: upload its files.",
    "submit_pkg_info": "Registering a release by itself is no longer possible: upload its files.",
    "register": "Registering a project is no longer needed: upload its first file.",
    "doc_upload": "Documentation is not hosted here: publish it where documents live.",
}
_UPLOAD = "file_upload"


class ClientLeftError(Exception):
    """The client went away in the middle; nobody is there to be told."""


@dataclass(slots=True)
class _Received:
    """What has come of a form so far."""

    fields: list[tuple[str, bytes]] = field(default_factory=list)
    filename: str = ""
    is_content: bool = False
    digests: Digests | None = None


@dataclass(frozen=True, slots=True)
class Uploads:
    """Answers ``POST /legacy/`` of one index, and what hatch asks for below it."""

    app: App
    index: Index
    addresses: Addresses
    pages: SimplePages
    methods: frozenset[str] = frozenset({"POST", "GET", "HEAD"})

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``legacy`` in the path."""
        if exchange.scope["method"] != "POST":
            await self._read(exchange, [unquote(part) for part in parts])
            return
        try:
            if parts not in ([], [""]):
                raise Absent("This address", "this server: uploads are taken at `/legacy/`")
            done = await self._take(exchange)
        except ClientLeftError:
            _LOG.info("A client left in the middle of an upload; nothing of it is kept.")
            return
        except _GoneError as error:
            await self._refuse(exchange, gone(str(error)))
        except Conflict as error:
            await self._refuse(exchange, name_taken(error))
        except WheelyardError as error:
            await self._refuse(exchange, problem_of(error))
        else:
            await self._acknowledge(exchange, done)

    async def _read(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer what hatch asks before it uploads, and tell others what this address is for.

        Source: hatch looks below a repository's address for ``+simple``, as devpi has it.
        """
        match parts:
            case ["+simple", name, *slash] if slash in ([], [""]):
                root = "../" * (2 + len(slash))
                await self.pages.as_html(exchange, parse_project_name(name), root)
            case [] | [""]:
                await exchange.problem(method_not_allowed("POST"))
            case _:
                raise BadInput("Uploads are taken at `/legacy/` alone.")

    async def _refuse(self, exchange: Exchange, problem: Problem) -> None:
        """Answer with a problem, its sentence in the reason phrase too."""
        await exchange.problem(problem, has_reason=True)

    async def _acknowledge(self, exchange: Exchange, done: Done) -> None:
        """Answer that the file is published; warnings are told, for who shows them."""
        body = "".join(f"{warning}\n" for warning in done.warnings).encode()
        headers = (
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"cache-status", b"wheelyard; detail=own"),
        )
        await exchange.answer(200, headers, body)

    async def _take(self, exchange: Exchange) -> Done:
        """Receive a form and publish its file."""
        if self.app.settings.server.read_only:
            raise Refused("The upload", "this server takes no changes (`--read-only`)")
        if is_of_another_site(exchange.scope["headers"]):
            raise Refused("The upload", "a browser sent it for a page of another site")
        self._refuse_cleartext(exchange)
        shown = shown_by(exchange, self.addresses)
        identity = await identify(self.app.access, shown)
        if identity.is_anonymous:
            raise LoginNeeded("Uploading")
        name, rules = self.index.rules.name, rules_of(self.index)
        if not may_somewhere(identity, Action.UPLOAD, name, rules):
            raise self._no_right(identity, "The upload")
        # Before any of it is received; what the form has besides the file is kept apart.
        self._refuse_large(_stated_bytes(exchange) - FormLimits().max_fields_bytes)
        parser = FormParser(exchange.header(b"content-type") or "")
        async with Incoming(self._incoming()) as incoming:
            received = _Received()
            async for event in _events(exchange, parser):
                await self._receive(event, received, incoming, identity)
            # It may have taken an hour: the rights that count are those of its end.
            identity = await identify(self.app.access, shown)
            return await self._publish(received, incoming, identity, shown)

    async def _receive(
        self, event: FormEvent, received: _Received, incoming: Incoming, identity: Identity
    ) -> None:
        """Take one part of the form."""
        match event:
            case FieldRead(name, value):
                _refuse_former_actions(name, value)
                received.fields.append((name, value))
                if name == "name" and (project := _likely_project(value)):
                    self._may_upload(identity, project)
            case FileBegins(name, filename):
                received.is_content = name == "content"
                received.filename = filename if received.is_content else received.filename
            case FileBytes(content) if received.is_content:
                self._refuse_large(incoming.size + len(content))
                await incoming.write(content)
            case FileEnds() if received.is_content:
                received.digests = await incoming.finish()
            case _:
                return

    async def _publish(
        self, received: _Received, incoming: Incoming, identity: Identity, shown: Shown
    ) -> Done:
        """Publish what was received."""
        form = parse_upload_fields(received.fields)
        if form.action not in {"", _UPLOAD}:
            raise BadInput(f":action: `{form.action[:40]!a}` is unknown. Send `{_UPLOAD}`.")
        if received.digests is None:
            raise BadInput("content: Upload payload does not have a file. Send one.")
        destination = await self._destination(form, identity)
        confirm = partial(self._confirm, shown, parse_project_name(form.name))
        candidate = Candidate(incoming, received.digests, received.filename, form, confirm=confirm)
        actor = Actor(identity.name, shown.origin)
        done = await self.app.pipeline.publish(candidate, destination, actor)
        await self._notice(done.published)
        if not done.published.is_first:
            return done
        project = done.published.file.project
        warnings = (*done.warnings, *await self._look_alikes(identity, project))
        return replace(done, warnings=warnings)

    async def _confirm(self, shown: Shown, project: ProjectName) -> None:
        """Raise if whoever sent the file may not upload it any more: it was looked into since."""
        if self.index.name not in self.app.indexes:
            name = self.index.name
            where = (
                "this server any more: it was removed while the file was sent, and "
                f"`wheelyard index add {name}` brings it back"
            )
            raise Absent(f"The index `{name}`", where)
        self._may_upload(await identify(self.app.access, shown), project)

    async def _notice(self, published: Published) -> None:
        """Have the next request see it. What was written here is known; else it is looked for."""
        if published.outcome == "same":
            await self.app.noticing.notice()
            return
        file = published.file
        kind = PROJECT_CREATED if published.is_first else FILE_ADDED
        change = (published.serial, file.uploaded_at, kind, file.owner, file.project)
        self.app.noticing.tell(JournalRow(*change))

    async def _look_alikes(self, identity: Identity, project: ProjectName) -> tuple[str, ...]:
        """Return a warning, which is logged too, if a new name can be taken for one in use.

        A name of ours is told to who may read it, and else to who reads the log alone.
        """
        ours = await self.app.catalog.hosting.names()
        others = (ours | await self.app.public_names.in_use()) - {project}
        other = await anyio.to_thread.run_sync(resembles, project, others)
        if other is None:
            return ()
        _LOG.warning(
            "The new project `%s` can be taken for `%s`. Find out whether it is meant to be.",
            project,
            other,
        )
        if other in ours and not await self._may_read(identity, other):
            return ()
        return (f"The name `{project}` can be taken for `{other}`, which is in use here.",)

    async def _may_read(self, identity: Identity, project: ProjectName) -> bool:
        """Say whether this user may read a project of ours, in whatever index it is."""
        owners = await self.app.catalog.hosting.owners_of(project)
        return any(
            may(identity, Action.READ, index.rules.name, project, rules_of(index))
            for index in self.app.indexes.values()
            if index.owner in owners
        )

    async def _destination(self, form: UploadForm, identity: Identity) -> Destination:
        """Return where the file goes, and whether it may be the first of its project there.

        Raises:
            BadInput: the project has no name.
            Refused: this user may not upload it.
        """
        project = parse_project_name(form.name)
        self._may_upload(identity, project)
        if pattern := self.index.chain.parts.ownership.blocked.find(project):
            reason = f"`{pattern.text}` is blocked here (`[names] blocked`): nobody could get it"
            raise Refused(f"The upload to `{project}`", reason)
        creates = True
        owner = self.index.owner
        if self.app.catalog.hosting.revision_now(owner, project) is None:
            creates = await self._may_create(identity, project)
        rules = self.index.rules
        open_days = 0.0 if identity.is_admin else rules.close_releases_days
        return Destination(owner, creates, rules.volatile, open_days, rules.max_bytes)

    async def _may_create(self, identity: Identity, project: ProjectName) -> bool:
        """Say whether a name may be made ours by this user.

        One that others have too is taken by who manages the index alone: everybody who installs
        the public project from here would get ours instead.

        Raises:
            Refused: it is such a name, and the user does not manage the index.
        """
        if self._may(identity, Action.MANAGE, ""):
            return True
        if await self._is_public(project):
            raise Refused(
                f"The new project `{project}`",
                "a public project has this name, and who installs it would get yours; "
                "somebody who manages this index may take the name",
            )
        return True

    async def _is_public(self, project: ProjectName) -> bool:
        """Say whether others have the name; a list of theirs that nobody has asked for is fetched.

        It is the whole list: to ask for the name would tell it away.

        Raises:
            Unavailable: nobody can tell now.
        """
        names = self.app.public_names
        if await names.has(project):
            return True
        for index in (self.app.indexes[MAIN], self.index):
            chain = index.chain.chain_of(project)
            if chain is None or None not in await names.mark():
                continue
            try:
                await chain.repository.projects()
            except (Absent, Unavailable) as error:
                if isinstance(error, Unavailable) and error.failing != "unasked":
                    raise
        return await names.has(project)

    def _may_upload(self, identity: Identity, project: ProjectName) -> None:
        """Raise if this user may not upload a file of ``project``."""
        if not self._may(identity, Action.UPLOAD, project):
            raise self._no_right(identity, f"The upload to `{project}`")

    def _no_right(self, identity: Identity, what: str) -> Refused:
        """Return what to say to somebody who may not upload."""
        return Refused(
            what,
            f"`{identity.name}`, with the token or password that was used, may not upload this to "
            f"the index `{self.index.rules.name}`; `wheelyard role grant` gives the role "
            "`uploader`",
        )

    def _may(self, identity: Identity, action: Action, project: str) -> bool:
        """Say whether this user may do it here."""
        return may(identity, action, self.index.rules.name, project, rules_of(self.index))

    def _incoming(self) -> IncomingParts:
        """Return where the file is written."""
        parts = self.app.fills.parts
        return IncomingParts(parts.store, parts.budget, parts.disk, self.app.directory.spool)

    def _refuse_large(self, size: int) -> None:
        """Raise if a file is longer than allowed."""
        limit = self.app.settings.upload.max_file_bytes
        if limit and size > limit:
            raise BadInput(
                f"content: File too large. At most {limit} bytes are accepted "
                "(`[upload] max_file_bytes`)."
            )

    def _refuse_cleartext(self, exchange: Exchange) -> None:
        """Raise if the token came over the network for everybody to read."""
        allowed = self.app.settings.upload.cleartext
        if not allowed and self.addresses.is_in_clear(exchange.scope):
            raise Refused(
                "The upload",
                "it came over plain HTTP from another machine, and anybody on the way can read the "
                "token: use HTTPS (`--tls-cert`, or a proxy), or set `[upload] cleartext = true`",
            )


class _GoneError(Exception):
    """An action of former times was asked for."""


def _refuse_former_actions(name: str, value: bytes) -> None:
    """Raise for what upload forms could do once."""
    if name == ":action" and (sentence := _GONE.get(value.decode("latin-1").strip())):
        raise _GoneError(sentence)


def _likely_project(value: bytes) -> ProjectName | None:
    """Return the project that a form is about, if it is readable: the form is checked later."""
    try:
        return parse_project_name(value.decode("utf-8").strip())
    except (BadInput, UnicodeDecodeError):
        return None


def _stated_bytes(exchange: Exchange) -> int:
    """Return how long the body is going to be, as far as the client says; 0 if it does not."""
    stated = exchange.header(b"content-length") or ""
    return int(stated) if stated.isascii() and stated.isdigit() else 0


async def _events(exchange: Exchange, parser: FormParser) -> AsyncIterator[FormEvent]:
    """Yield the parts of the form while they arrive.

    Raises:
        BadInput: it is no form, or ends too early.
        ClientLeftError: the client went away.
    """
    more = True
    while more:
        message = await exchange.receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        more = message.get("more_body", False)
        for event in parser.feed(message.get("body", b"")):
            yield event
    parser.close()
