"""Values of XML-RPC: the standard library understands us, we understand it, and nobody else."""

import xmlrpc.client
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.wire.xml_rpc_values import MAX_DEPTH, Value, parse_items, render_value

WRITABLE = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"
    ).filter(lambda char: char >= " " or char in "\t\n\r")
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WRITABLE
    | st.binary()
    | st.datetimes().map(lambda moment: moment.replace(microsecond=0))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WRITABLE, inner, max_size=4),
    max_leaves=10,
)


def read(element: str) -> Value:
    """Return what an element in a document says."""
    ((_, value),) = parse_items(f"<whole>{element}</whole>".encode(), "whole")
    return value


@given(VALUES)
@example("\r\n")
@example({"": [{}], "b": [[], [None]]})
def test_what_is_rendered_is_what_the_standard_library_reads(value: Value) -> None:
    """And what we read ourselves. Source: ``xmlrpc.client``."""
    element = render_value(value)
    document = f"<params><param>{element}</param></params>"
    (understood,), _ = xmlrpc.client.loads(document, use_builtin_types=True)

    assert understood == value
    assert read(element) == value


@given(VALUES)
def test_what_the_standard_library_renders_is_read(value: Value) -> None:
    """It writes carriage returns as they are, which XML reads as line feeds."""
    written = xmlrpc.client.dumps((_small(value),), allow_none=True)

    items = parse_items(written.encode(), "params")

    (understood,), _ = xmlrpc.client.loads(written, use_builtin_types=True)
    assert items == [("param", understood)]


def _small(value: Value) -> Any:  # noqa: ANN401 - the standard library's own word for it
    """Return ``value`` with numbers that the standard library agrees to write."""
    match value:
        case int() if not isinstance(value, bool):
            return value % 2**31
        case list():
            return [_small(item) for item in value]
        case dict():
            return {key: _small(item) for key, item in value.items()}
        case _:
            return value


@given(st.text())
def test_any_text_makes_a_document(text: str) -> None:
    """What XML cannot say is replaced, and never breaks the rest."""
    said = read(render_value(text))

    assert isinstance(said, str)
    assert len(said) == len(text)


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("<value>plain</value>", "plain"),
        ("<value></value>", ""),
        ("<value/>", ""),
        ("<value><string/></value>", ""),
        ("<value> <i4> 7 </i4> </value>", 7),
        ("<value><i8>9000000000</i8></value>", 9_000_000_000),
        ('<value><ex:nil xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions"/></value>',
         None),
        ("<value><dateTime.iso8601>20261121T08:09:10</dateTime.iso8601></value>",
         datetime(2026, 11, 21, 8, 9, 10)),  # noqa: DTZ001 - the format has no zone
        ("<value><struct><member><value>1</value><name>a</name></member></struct></value>",
         {"a": "1"}),
        ("<value><struct/></value>", {}),
        ("<value><array><data/></array></value>", []),
    ],
)  # fmt: skip
def test_other_spelling_is_read(element: str, expected: Value) -> None:
    """Source: the XML-RPC specification; what other programs write."""
    assert read(element) == expected


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("<value><int>1.0</int></value>", "no whole number"),
        ("<value><int>" + "9" * 5000 + "</int></value>", "no whole number"),
        ("<value><int>\u0661</int></value>", "no whole number"),
        ("<value><boolean>yes</boolean></value>", "0 or 1"),
        ("<value><double>nan</double></value>", "no number"),
        ("<value><double>1e999</double></value>", "no number"),
        ("<value><nil>x</nil></value>", "nothing may stand"),
        ("<value><base64>?</base64></value>", "base64"),
        ("<value><dateTime.iso8601>today</dateTime.iso8601></value>", "no moment"),
        ("<value><int>1</int><int>2</int></value>", "one value of one type"),
        ("<value>x<int>1</int></value>", "text stands beside"),
        ("<value><name>x</name></value>", "one value of one type"),
        ("<value><string><b/></string></value>", "no element of XML-RPC"),
        ("<value><string><value/></string></value>", "text is needed"),
        ("<value><array/></value>", "one `data`"),
        ("<value><array><data/><data/></array></value>", "one `data`"),
        ("<value><array><data><int>1</int></data></array></value>", "nothing but `value`"),
        ("<value><struct><member/></struct></value>", "a `name` and a `value`"),
        ("<value><struct><value/></struct></value>", "nothing but `member`"),
        ("<param/>", "one value is needed"),
        ("<b/>", "no element of XML-RPC"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(element: str, expected: str) -> None:
    """It says which element is wrong."""
    with pytest.raises(BadInput, match=expected):
        read(element)


def test_depth_has_a_limit() -> None:
    """Deep documents cost stack and time out of all proportion to their bytes."""
    inside = MAX_DEPTH - 2
    deep = "<value><array><data>" * (inside // 3 + 1) + "</data></array></value>" * (
        inside // 3 + 1
    )

    assert read("<value><array><data>" * 10 + "</data></array></value>" * 10)
    with pytest.raises(BadInput, match="inside of each other"):
        read(deep)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://index.example/a.dtd">',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://index.example/p"> %p;]>',
        "<!DOCTYPE a>",
    ],
)
def test_c96_document_type_is_refused(head: str) -> None:
    """No entity is expanded, no file read, nobody asked. Source: CWE-611, CWE-776."""
    body = f"{head}<whole><value>&a;</value></whole>".encode()

    with pytest.raises(BadInput, match="document type or entities"):
        parse_items(body, "whole")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<whole>",
        b"<whole><value></whole>",
        b"not xml",
        b"<whole>&nobody;</whole>",
        b'<?xml version="1.0" encoding="nonsense"?><whole/>',
        b'<?xml version="1.0" encoding="utf-32"?><whole/>',
        b"<whole>\xff</whole>",
        b"<whole>\x00</whole>",
        b"<whole/><whole/>",
    ],
)
def test_what_is_no_xml_is_refused(body: bytes) -> None:
    """Whatever the parser beneath makes of it."""
    with pytest.raises(BadInput, match="body: "):
        parse_items(body, "whole")
