"""What a real directory is asked, and what it cannot be brought to say."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from support.slapd import ADMINISTRATOR, GROUPS, PASSWORDS, PEOPLE, SECRET, Slapd, running_slapd
from wheelyard.errors import Unavailable
from wheelyard.settings import LdapSettings, Secret
from wheelyard.transport.ldap import load_talk

PATTERN = f"uid={{user}},{PEOPLE}"
ODD = "o'x*)(uid=\\,+\"<>;= #"
"""A name with everything in it that means something in a name or a filter."""


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """Run a directory with three people, and one whose name is odd."""
    with running_slapd(tmp_path_factory.mktemp("slapd")) as opened:
        opened.add_person(ODD, "rosebud4")
        yield opened


def by_pattern(slapd: Slapd) -> LdapSettings:
    """Return settings that know what a user's entry is called."""
    return LdapSettings(url=slapd.tls_url, ca=slapd.authority, bind_dn_pattern=PATTERN)


def by_search(slapd: Slapd) -> LdapSettings:
    """Return settings that search for a user's entry."""
    return LdapSettings(
        url=slapd.tls_url,
        ca=slapd.authority,
        base_dn="dc=example",
        bind_dn=ADMINISTRATOR,
        bind_password=Secret(SECRET),
    )


def ask(settings: LdapSettings, user: str, password: str) -> frozenset[str] | None:
    """Return what the directory says."""
    return load_talk(settings)().verify(user, password)


Made = Callable[[Slapd], LdapSettings]
BOTH = pytest.mark.parametrize("made", [by_pattern, by_search])


@BOTH
@pytest.mark.parametrize("user", PASSWORDS)
def test_right_password_is_known(made: Made, user: str, slapd: Slapd) -> None:
    """Whatever letters it has."""
    assert ask(made(slapd), user, PASSWORDS[user]) == frozenset()


@BOTH
@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("alice", "rosebud2"),
        ("nobody", "rosebud1"),
        ("alice", ""),
        # A character that is prepared away: what is left would be no password, and a yes.
        ("alice", "\u00ad"),
        ("nobody", "\u00ad"),
    ],
)
def test_wrong_password_is_not(made: Made, user: str, password: str, slapd: Slapd) -> None:
    """Above all no empty one, to which this directory says yes. Source: RFC 4513, 5.1.2."""
    assert ask(made(slapd), user, password) is None


@BOTH
@pytest.mark.parametrize(
    "user",
    [
        *("*", "alic*", "alice)(uid=*", "*)(objectClass=*", "alice\0", "alice,ou=people"),
        *("alice+cn=alice", f"alice,{PEOPLE}#", "\\61lice"),
    ],
)
def test_characters_of_a_name_mean_nothing(made: Made, user: str, slapd: Slapd) -> None:
    """A password of hers does not let in whoever writes her name in some other way."""
    assert ask(made(slapd), user, "rosebud1") is None


@BOTH
def test_odd_name_is_found(made: Made, slapd: Slapd) -> None:
    """Escaping loses nothing."""
    assert ask(made(slapd), ODD, "rosebud4") == frozenset()


def test_name_that_two_entries_have_is_nobody(slapd: Slapd) -> None:
    """Neither of them, whosever the password is."""
    settings = replace(by_search(slapd), user_filter="(|(uid={user})(uid=bob))")

    assert ask(settings, "alice", "rosebud1") is None
    assert ask(settings, "bob", PASSWORDS["bob"]) == frozenset()


@pytest.mark.parametrize("filtered", ["(member={dn})", ""])
@BOTH
def test_groups_are_those_below_their_base(made: Made, filtered: str, slapd: Slapd) -> None:
    """By their entries or by hers; what a club elsewhere is called makes no difference."""
    slapd.join("release", "alice")
    slapd.join("others", "alice")
    slapd.join("admins", "alice", "ou=clubs,dc=example")
    settings = replace(
        made(slapd), groups=("release", "admins"), group_base_dn=GROUPS, group_filter=filtered
    )

    assert ask(settings, "alice", "rosebud1") == frozenset({"release"})
    assert ask(settings, "bob", PASSWORDS["bob"]) == frozenset()

    slapd.leave("release", "alice")
    assert ask(settings, "alice", "rosebud1") == frozenset()


def test_groups_that_cannot_be_read_are_no_groups_lost(slapd: Slapd) -> None:
    """The login is not known to be right or wrong: someone has to look."""
    settings = replace(
        by_pattern(slapd),
        groups=("x",),
        group_base_dn="ou=gone,dc=example",
        group_filter="(a={dn})",
    )

    with pytest.raises(Unavailable, match="a search with the result 32"):
        ask(settings, "alice", "rosebud1")


@BOTH
def test_connection_turns_to_tls(made: Made, slapd: Slapd) -> None:
    """Before anything is said."""
    settings = replace(made(slapd), url=slapd.url, starttls=True)

    assert ask(settings, "alice", "rosebud1") == frozenset()
    assert ask(settings, "alice", "wrong") is None


@pytest.mark.parametrize("starttls", [False, True])
def test_directory_with_another_certificate_is_told_nothing(
    starttls: bool,  # noqa: FBT001 - a parameter of the test
    slapd: Slapd,
    tmp_path: Path,
) -> None:
    """Not an answer, and no password goes there."""
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    url = slapd.url if starttls else slapd.tls_url
    settings = replace(by_pattern(slapd), url=url, starttls=starttls, ca=tmp_path / "ca.pem")

    with pytest.raises(Unavailable, match="certificate verify failed"):
        ask(settings, "alice", "rosebud1")


def test_directory_with_a_certificate_for_another_host_is_told_nothing(slapd: Slapd) -> None:
    """The authority alone is not enough."""
    url = slapd.tls_url.replace("127.0.0.1", "localhost")
    with pytest.raises(Unavailable, match="not valid for 'localhost'"):
        ask(replace(by_pattern(slapd), url=url), "alice", "rosebud1")


@BOTH
def test_referral_is_not_followed(made: Made, slapd: Slapd) -> None:
    """Neither an answer, nor a password for whoever the directory names."""
    assert ask(made(slapd), "moved", "rosebud1") is None

    with pytest.raises(BlockingIOError):
        slapd.elsewhere.accept()


def test_search_that_is_referred_is_no_answer(slapd: Slapd) -> None:
    """Nobody here knows whether there is such a user."""
    with pytest.raises(Unavailable, match="a search with the result 10"):
        ask(replace(by_search(slapd), base_dn="dc=other"), "alice", "rosebud1")

    with pytest.raises(BlockingIOError):
        slapd.elsewhere.accept()


OUR_NUMBER = b"\x02\x01\x7f"
"""What stands for the number of the question."""


def bind_answer(code: int) -> bytes:
    """Return the answer to a first question. Source: RFC 4511, 4.2.2."""
    referral = bytes.fromhex("a310040e") + b"ldap://x.test/"
    body = bytes((0x0A, 1, code)) + bytes.fromhex("04000400") + (referral if code == 10 else b"")
    response = bytes((0x61, len(body))) + body
    return bytes((0x30, 3 + len(response))) + OUR_NUMBER + response


def numbered(answer: bytes, question: bytes) -> bytes:
    """Return an answer with the number of its question."""
    number = question[2 : 4 + question[3]]
    if OUR_NUMBER not in answer:
        return answer
    longer = len(number) - len(OUR_NUMBER)
    return bytes((0x30, answer[1] + longer)) + answer[2:].replace(OUR_NUMBER, number)


def told(answer: bytes) -> frozenset[str] | None:
    """Return what a login comes to that is answered with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"ldap://127.0.0.1:{server.getsockname()[1]}"

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                question = peer.recv(65_536)
                peer.sendall(numbered(answer, question))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            return ask(LdapSettings(url=url, bind_dn_pattern=PATTERN), "alice", "rosebud1")
        finally:
            thread.join(60)


@pytest.mark.parametrize("code", [1, 2, 8, 13, 14, 51, 52, 80])
def test_result_that_is_not_about_the_password_is_no_answer(code: int) -> None:
    """Busy, or shutting down: nobody has looked at it."""
    with pytest.raises(Unavailable, match=f"result {code}"):
        told(bind_answer(code))


@pytest.mark.parametrize("code", [19, 32, 48, 49, 53])
def test_result_that_is_about_the_user_is_a_no(code: int) -> None:
    """Unknown, locked, switched off, or wrong."""
    assert told(bind_answer(code)) is None
    assert told(bind_answer(0)) == frozenset()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        bind_answer(10),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        bind_answer(0)[:-1],
        bytes(20),
        b"\x30\x03\x02\x01\x01",
        bind_answer(0).replace(b"\x61", b"\x65"),
        bind_answer(0).replace(OUR_NUMBER, b"\x02\x01\x7e"),
        b"\x30\x84\xff\xff\xff\xff" + bytes(100),
    ],
    ids=["nothing", "referral", "http", "cut", "zeros", "empty", "another", "stray", "huge"],
)
def test_nonsense_is_no_answer(answer: bytes) -> None:
    """Above all no yes."""
    with pytest.raises(Unavailable):
        told(answer)


def test_wrong_password_of_our_own_is_no_answer(slapd: Slapd) -> None:
    """Nobody else's login is wrong for it."""
    settings = replace(by_search(slapd), bind_password=Secret("wrong"))

    with pytest.raises(Unavailable, match=r"our own login .* result 49"):
        ask(settings, "alice", "rosebud1")


@pytest.mark.parametrize("url", ["ldap://127.0.0.1:{}", "ldaps://127.0.0.1:{}"])
def test_directory_that_is_away_is_no_answer(url: str) -> None:
    """Neither yes nor no."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(Unavailable):
        ask(LdapSettings(url=url.format(port), bind_dn_pattern=PATTERN), "alice", "rosebud1")


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_directory_that_says_nothing_takes_no_longer_than_allowed(scheme: str) -> None:
    """Nor does one that takes the connection and leaves it at that."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
        settings = LdapSettings(url=url, bind_dn_pattern=PATTERN, seconds=0.05)

        with pytest.raises(Unavailable, match=r"timed out|took too long"):
            ask(settings, "alice", "rosebud1")


def test_conversation_can_be_cut() -> None:
    """Whatever it waits for; nothing happens to one that is over."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"ldap://127.0.0.1:{server.getsockname()[1]}"
        talk = load_talk(LdapSettings(url=url, bind_dn_pattern=PATTERN, seconds=600.0))()
        talk.cut()
        failures: list[Exception] = []

        def wait() -> None:
            try:
                talk.verify("alice", "rosebud1")
            except Unavailable as error:
                failures.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        peer, _ = server.accept()
        with peer:
            peer.recv(1)  # the question has been asked
            talk.cut()
            thread.join(60)

    assert len(failures) == 1
    talk.cut()
