"""Calls and answers of XML-RPC, both ways, against the standard library."""

import xmlrpc.client

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.wire.xml_rpc import (
    Call,
    Fault,
    parse_call,
    parse_response,
    render_call,
    render_fault,
    render_response,
)

METHODS = st.from_regex(r"[A-Za-z0-9_.]{1,20}", fullmatch=True)
ARGUMENTS = st.lists(st.integers(-(2**31), 2**31 - 1) | st.booleans(), max_size=3).map(tuple)


@given(METHODS, ARGUMENTS)
def test_call_is_read_as_the_standard_library_means_it(
    method: str, arguments: tuple[int | bool, ...]
) -> None:
    """And the other way round. Source: ``xmlrpc.client``."""
    theirs = xmlrpc.client.dumps(arguments, method).encode()

    assert parse_call(theirs) == Call(method, arguments)
    ours = xmlrpc.client.loads(render_call(method, *arguments))
    assert ours == (arguments, method)


def test_answer_is_read_by_the_standard_library() -> None:
    """As mirror programs read it."""
    answer = render_response({"foo": 1, "bar": [None, "1.0"]})

    assert xmlrpc.client.loads(answer) == (({"foo": 1, "bar": [None, "1.0"]},), None)
    assert parse_response(answer) == {"foo": 1, "bar": [None, "1.0"]}


def test_answer_of_the_standard_library_is_read() -> None:
    """A value, or a fault that is no exception."""
    value = xmlrpc.client.dumps(
        ([["foo", None, 1, "create", 2]],), None, methodresponse=True, allow_none=True
    )
    fault = xmlrpc.client.dumps(xmlrpc.client.Fault(-32500, "no"), methodresponse=True)

    assert parse_response(value.encode()) == [["foo", None, 1, "create", 2]]
    assert parse_response(fault.encode()) == Fault(-32500, "no")


def test_fault_is_raised_by_the_standard_library() -> None:
    """With its code and its sentence."""
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(render_fault(Fault(-32601, "no <such> method")))

    assert (caught.value.faultCode, caught.value.faultString) == (-32601, "no <such> method")


@pytest.mark.parametrize(
    "body",
    [
        b"<methodCall/>",
        b"<methodCall><params/></methodCall>",
        b"<methodCall><methodName></methodName></methodCall>",
        b"<methodCall><methodName>a b</methodName></methodCall>",
        b"<methodCall><methodName>a</methodName><methodName>b</methodName></methodCall>",
        b"<methodCall><methodName>a</methodName><params/><params/></methodCall>",
        b"<methodResponse><params><param><value/></param></params></methodResponse>",
        b"{}",
    ],
)
def test_what_is_no_call_is_refused(body: bytes) -> None:
    """With a sentence."""
    with pytest.raises(BadInput):
        parse_call(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<methodResponse/>",
        b"<methodResponse><params/></methodResponse>",
        b"<methodResponse><fault><value>no</value></fault></methodResponse>",
        b"<methodCall><methodName>a</methodName></methodCall>",
        b"<html><body>Sign in</body></html>",
    ],
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    """A login page, for one."""
    with pytest.raises(BadInput):
        parse_response(body)


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing but `BadInput` leaves a parser."""
    for parse in (parse_call, parse_response):
        with pytest.raises(BadInput):
            parse(body)
