"""Look-alikes: squatted names are noticed, and names that people chose honestly are not."""

import time
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.decide.lookalikes import least_letters, resembles
from wheelyard.names import ProjectName, parse_project_name

USED = """
    aiohttp aiosignal alembic amqp aniso8601 anyio appdirs argon2-cffi arrow asgiref astroid
    async-timeout attrs autopep8 azure-core babel backoff bandit bcrypt beautifulsoup4 billiard
    black bleach blinker bokeh boto boto3 botocore bottle build bzip2 cachecontrol cachetools
    celery certifi cffi chardet charset-normalizer cherrypy click cloudpickle colorama
    coloredlogs configargparse configobj contourpy coverage cramjam crcmod croniter cryptography
    cssselect cycler cython dash dask databricks-cli datadog dateparser debugpy decorator
    defusedxml deprecated dill distlib distributed django djangorestframework dnspython docker
    docopt docutils dulwich ecdsa elasticsearch email-validator entrypoints et-xmlfile eventlet
    execnet executing fabric faker falcon fastapi fastavro fastjsonschema feedparser filelock
    fiona flake8 flask flask-cors flask-login flask-sqlalchemy fonttools freezegun frozenlist
    fsspec future gensim geopandas gevent gitdb gitpython google-api-core google-auth graphviz
    greenlet grpcio gunicorn h11 h5py html5lib httpcore httplib2 httptools httpx huggingface-hub
    humanfriendly hyperlink hypothesis idna imageio imbalanced-learn importlib-metadata
    incremental inflection iniconfig ipaddress ipykernel ipython ipywidgets isodate isort
    itsdangerous jedi jeepney jellyfish jinja2 jmespath joblib jsonpatch jsonpath-ng jsonpickle
    jsonpointer jsonschema jupyter jupyter-client jupyterlab kafka-python keras keyring
    kiwisolver kombu kubernetes langchain lightgbm llvmlite lockfile loguru lxml lz4 mako
    markdown markdown-it-py markupsafe marshmallow matplotlib mccabe mechanize mistune mlflow
    mock more-itertools mpmath msgpack msgspec multidict mypy mypy-extensions mysqlclient
    natsort nbconvert nbformat nest-asyncio netaddr netifaces networkx nltk nose nose2 notebook
    numba numexpr numpy oauthlib openai opencv-python openpyxl opentelemetry-api orjson
    packaging pandas papermill paramiko parso partd passlib pathspec patsy pbr peewee pendulum
    pexpect pillow pip pip-tools pipenv pkginfo platformdirs plotly pluggy ply poetry polars
    portalocker pre-commit prettytable progressbar2 prometheus-client prompt-toolkit protobuf
    psutil psycopg psycopg2 psycopg2-binary ptyprocess pure-eval py py4j pyarrow pyasn1
    pyasn1-modules pycodestyle pycparser pycrypto pycryptodome pydantic pydantic-core pydot
    pyflakes pygments pyinstaller pyjwt pylint pymongo pymysql pynacl pyodbc pyopenssl pyparsing
    pypdf pyperclip pyproj pyproject-hooks pyqt5 pyrsistent pyserial pysocks pyspark pytest
    pytest-asyncio pytest-cov pytest-mock pytest-xdist python-dateutil python-dotenv
    python-json-logger python-multipart python-slugify pytz pywavelets pywin32 pyyaml pyzmq qtpy
    ray redis referencing regex reportlab requests requests-oauthlib requests-toolbelt responses
    retrying rich rope rsa ruamel-yaml ruff s3fs s3transfer sanic scapy scikit-image
    scikit-learn scipy scrapy seaborn selenium sentry-sdk setproctitle setuptools shapely
    simplejson six smmap snappy sniffio snowballstemmer sortedcontainers soupsieve spacy sphinx
    sqlalchemy sqlparse starlette statsmodels sympy tables tabulate tblib tenacity tensorboard
    tensorflow termcolor text-unidecode threadpoolctl tinycss2 toml tomli tomlkit toolz torch
    torchaudio torchvision tornado tox tqdm traitlets transformers trio twine twisted typer
    types-requests typing-extensions tzdata tzlocal ujson uritemplate urllib3 uvicorn uvloop
    validators virtualenv voluptuous w3lib waitress watchdog wcwidth webencodings
    websocket-client websockets werkzeug wheel widgetsnbextension wrapt wsproto wtforms xgboost
    xlrd xlsxwriter xmltodict yapf yarl zeep zipp zope-interface zstandard
"""
"""Names that are in use, as people chose them."""

SQUATS = """
    reqeusts:requests requets:requests rquests:requests requestss:requests reqursts:requests
    requsets:requests requesst:requests resquests:requests requestes:requests rrequests:requests
    djang0:django djnago:django djagno:django djanqo:django dajngo:django djangoo:django
    urlib3:urllib3 urlllib3:urllib3 urliib3:urllib3 ulrlib3:urllib3 setup-tools:setuptools
    setuptool:setuptools setuptols:setuptools setupttools:setuptools
    python3-dateutil:python-dateutil python-dateutils:python-dateutil
    py-dateutil:python-dateutil dateutil-python:python-dateutil pythn-dateutil:python-dateutil
    jeilyfish:jellyfish jeliyfish:jellyfish jelyfish:jellyfish jellyflsh:jellyfish
    colourama:colorama colorarna:colorama coloramma:colorama colrama:colorama colorarma:colorama
    numppy:numpy numpi:numpy nunpy:numpy nympy:numpy pandsa:pandas panda:pandas pandass:pandas
    pnadas:pandas matplotlb:matplotlib matploltib:matplotlib mathplotlib:matplotlib
    matplotiib:matplotlib tensorfow:tensorflow tensorfllow:tensorflow tenosrflow:tensorflow
    tensor-flow:tensorflow tensoflow:tensorflow tensorflovv:tensorflow
    beautifulsop4:beautifulsoup4 beautiful-soup4:beautifulsoup4 beautifulsuop4:beautifulsoup4
    beautifullsoup4:beautifulsoup4 scikitlearn:scikit-learn scikit-lear:scikit-learn
    scikit-leran:scikit-learn learn-scikit:scikit-learn selenum:selenium selemium:selenium
    seleniumm:selenium seleinum:selenium p1llow:pillow pilow:pillow pillwo:pillow piilow:pillow
    cryptograhpy:cryptography crytography:cryptography cryptograpy:cryptography
    cryptographyy:cryptography crypt0graphy:cryptography flaskk:flask flsak:flask fiask:flask
    f1ask:flask flask-crs:flask-cors fastap1:fastapi fasapi:fastapi fast-api:fastapi
    pyyam1:pyyaml pyyalm:pyyaml py-yaml:pyyaml pyaml:pyyaml pygmets:pygments pygment:pygments
    pymgents:pygments bot0core:botocore botocre:botocore boto-core:botocore botcoore:botocore
    ipyhton:ipython i-python:ipython sqlachemy:sqlalchemy sqlalchmy:sqlalchemy
    sqlalcehmy:sqlalchemy virtualnv:virtualenv virtual-env:virtualenv virtulaenv:virtualenv
    seabron:seaborn seabom:seaborn opencv-pyhton:opencv-python opencv-pythn:opencv-python
    python-opencv:opencv-python opencvpython:opencv-python parmiko:paramiko parami-ko:paramiko
    paramlko:paramiko torchvison:torchvision torch-vision:torchvision torchvislon:torchvision
    gitpyhton:gitpython git-python:gitpython webscokets:websockets web-sockets:websockets
    aiohtttp:aiohttp aio-http:aiohttp aihottp:aiohttp ai0http:aiohttp
    typing-extension:typing-extensions typingextensions:typing-extensions
    extensions-typing:typing-extensions pydantlc:pydantic pydnatic:pydantic pidantic:pydantic
    certifl:certifi cerrtifi:certifi psuti1:psutil psutill:psutil pstuil:psutil
    transforners:transformers transfomers:transformers transformer:transformers openal:openai
    opemai:openai open-ai:openai lang-chain:langchain langchan:langchain
    kafka-pyhton:kafka-python python-kafka:kafka-python kafkapython:kafka-python
    tabuiate:tabulate tabluate:tabulate termcolour:termcolor term-color:termcolor
    prompttoolkit:prompt-toolkit promt-toolkit:prompt-toolkit wekzeug:werkzeug werkzueg:werkzeug
    celrey:celery celeryy:celery gunicom:gunicorn gunicron:gunicorn uvicom:uvicorn
"""
"""Names as squatters make them, each with what it is to be taken for."""

PAIRS = [tuple(text.split(":")) for text in SQUATS.split()]


def used() -> frozenset[ProjectName]:
    """Return the names in use."""
    return frozenset(parse_project_name(text) for text in USED.split())


def test_squatted_names_are_noticed() -> None:
    """T05: 95 of 100 at least, and each is taken for what it imitates."""
    known = used()

    missed = [squat for squat, target in PAIRS if resembles(ProjectName(squat), known) != target]

    assert len(missed) <= 0.05 * len(PAIRS), missed


def test_names_that_people_chose_are_rarely_alike() -> None:
    """T05: one in a hundred at most, each against all the others."""
    known = used()

    alike = {name: resembles(name, known - {name}) for name in known}

    flagged = {name: other for name, other in alike.items() if other}
    assert len(flagged) <= 0.01 * len(known), flagged


@pytest.mark.parametrize(
    ("name", "known", "other"),
    [
        ("flask", "flask", None),
        ("boto3", "boto", None),
        ("nose2", "nose", None),
        ("psycopg3", "psycopg2", None),
        ("acme-core", "acme-cli", None),
        ("toml", "tomli", None),
        ("f1ask", "flask", "flask"),
        ("ocm-pvthon", "ocm-python", "ocm-python"),
        ("fla-sk", "flask", "flask"),
        ("barn-orth", "bam-orth", "bam-orth"),
        ("modem-b", "modern-b", "modern-b"),
        ("a-b-c-d-e", "e-d-c-b-a", None),
        ("client-acme", "acme-client", "acme-client"),
        ("acme-py3", "python-acme", "python-acme"),
    ],
)
def test_name_is_taken_for_what_people_take_it_for(
    name: str, known: str, other: str | None
) -> None:
    """Signs, dashes, slips and the order of words; never a number."""
    assert resembles(ProjectName(name), {ProjectName(known)}) == other


@given(name=st.from_regex(r"[a-z][a-z-]{4,12}[a-z]", fullmatch=True), at=st.integers(0, 20))
def test_every_slip_in_a_long_name_is_noticed(name: str, at: int) -> None:
    """Swapped, left out, doubled, wrong: wherever it happens."""
    known = parse_project_name(name)
    at %= len(known) - 1
    left, right = known[:at], known[at:]
    slips = (left + right[1] + right[0] + right[2:], left + right[1:], left + right[0] + right)

    for slip in (*slips, f"{left}q{right[1:]}"):
        if slip != known and len(slip) >= 5 and not slip.startswith("-") and slip[-1] != "-":
            assert resembles(ProjectName(slip), {known}) == known


@pytest.mark.parametrize(("count", "letters"), [(0, 5), (20_000, 5), (20_001, 8), (700_000, 10)])
def test_more_names_need_longer_ones(count: int, letters: int) -> None:
    """Among all public names every short one has a neighbour."""
    assert least_letters(count) == letters


def test_all_public_names_are_gone_through_quickly() -> None:
    """Once per new project, in a thread; work in proportion to the names, not to their pairs."""
    letters = "abcdefghij"
    many = {ProjectName(f"{''.join(each)}-package") for each in combinations(letters * 2, 8)}
    known = frozenset(many | {ProjectName("a-very-long-name")})
    began = time.process_time()

    found = resembles(ProjectName("a-very-1ong-name"), known)

    assert found == "a-very-long-name"
    assert time.process_time() - began < 5
