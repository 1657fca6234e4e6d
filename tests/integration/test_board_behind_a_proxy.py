"""The board behind nginx, as docker-compose.yml puts it there."""

import ssl
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError

import pytest
from published import replayed
from redis_server import required
from secure_servers import Certificates

from streams.board.serve import Served, server
from streams.board.settings import BoardSettings
from streams.board.zones.serve import zone
from streams.servers.kafka import free_port
from streams.shell.metrics import Metrics

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proxied")
    replayed(folder / "store", "2024-01", "2024-02")
    return folder


@contextmanager
def running(*command: object) -> Iterator[None]:
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)  # noqa: S603 - ours, or nginx
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def answer(address: str, **headers: str) -> tuple[Message, bytes]:
    """Ask for an address, once its server listens."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return answered(address, None, **headers)
        except HTTPError:
            raise
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def answered(address: str, context: ssl.SSLContext | None, **headers: str) -> tuple[Message, bytes]:
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - of our own
    with urllib.request.urlopen(request, timeout=10, context=context) as response:  # noqa: S310 - the same
        return response.headers, response.read()


@contextmanager
def proxied(folder: Path, file: str, replaced: dict[str, str]) -> Iterator[str]:
    """Run nginx with a file of deploy/proxy, some of it replaced; yield its address."""
    nginx, port = required("nginx", "nginx-light"), free_port()
    text = (ROOT / "deploy" / "proxy" / file).read_text(encoding="utf-8")
    listening = {"listen 8080": f"listen 127.0.0.1:{port}", "listen 8081": f"listen 127.0.0.1:{port}"}
    places = {"/run/": f"{folder}/", "/var/cache/nginx/": f"{folder}/"}
    for before, after in {**listening, **places, **replaced}.items():
        text = text.replace(before, after)
    (folder / file).write_text(text, encoding="utf-8")
    with running(nginx, "-c", folder / file, "-g", "daemon off; user root;"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def in_a_thread(site: Served, port: int) -> Iterator[None]:
    served = server(site, ("127.0.0.1", port), Metrics())
    thread = Thread(target=served.run)
    thread.start()
    while not served.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        served.should_exit = True
        thread.join()


def test_a_zone_believes_the_proxy_and_nobody_who_comes_through_it(room: Path, tmp_path: Path) -> None:
    users = "- {subject: gent, role: ocmw, ocmw: '44021'}\n- {subject: an, role: officer}\n"
    secret = "0123456789abcdef" * 2
    files = {
        "users": "gent:{PLAIN}one\nan:{PLAIN}two\nnobody:{PLAIN}three\n",
        "secret.conf": f'proxy_set_header X-OCMW-Proxy-Secret "{secret}";\n',
        "secret": secret,
        "key": "k" * 32,
        "list.yaml": users,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "prepared").mkdir()
    settings = BoardSettings(
        address="https://zone.example.be",
        proxy_secret_file=tmp_path / "secret",
        users=tmp_path / "list.yaml",
        access_log=tmp_path / "log",
        log_key_file=tmp_path / "key",
    )
    port = free_port()
    replaced = {"zone:8000": f"127.0.0.1:{port}", "/etc/nginx/zone/": f"{tmp_path}/"}
    site = zone(room / "store", "restricted", settings, tmp_path / "prepared")
    with in_a_thread(site, port), proxied(tmp_path, "zone.nginx.conf", replaced) as through:
        mine = answer(f"{through}/nl/mine", **known("gent", "one"))
        lying = known("gent", "one") | {"X-OCMW-Subject": "an", "X-OCMW-Proxy-Secret": "guessed"}
        statuses = {
            "an OCMW at the officer's, saying it is the officer": status(f"{through}/nl/prepared", **lying),
            "the officer": status(f"{through}/nl/prepared", **known("an", "two")),
            "who is in no list": status(f"{through}/nl/prepared", **known("nobody", "three")),
            "past the proxy": status(f"http://127.0.0.1:{port}/nl/mine", **{"X-OCMW-Subject": "gent"}),
        }
    assert (mine[0]["Cache-Control"], mine[0]["Strict-Transport-Security"]) == (
        "private, no-store",
        "max-age=31536000",
    )
    assert b"OCMW Gent" in mine[1]
    assert list(statuses.values()) == [403, 200, 403, 401]


def test_a_zone_with_certificates_takes_the_proxys_and_asks_for_no_secret(room: Path, tmp_path: Path) -> None:
    made, port = Certificates.made(tmp_path), free_port()
    for name, text in {"list.yaml": "- {subject: an, role: officer}", "key": "k" * 32}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    settings = BoardSettings(
        tls_cert_file=made.server,
        tls_key_file=made.server_key,
        tls_client_ca_file=made.ca,
        users=tmp_path / "list.yaml",
        access_log=tmp_path / "log",
        log_key_file=tmp_path / "key",
    )
    context = ssl.create_default_context(cafile=made.ca)
    address, named = f"https://127.0.0.1:{port}/nl/prepared", {"X-OCMW-Subject": "an"}
    with in_a_thread(zone(room / "store", "restricted", settings, tmp_path / "prepared"), port):
        with pytest.raises(OSError, match=r"(?i)certificate|reset|closed|ssl"):
            answered(address, context, **named)
        context.load_cert_chain(made.client, made.client_key)
        assert answered(address, context, **named)[0]["Cache-Control"] == "private, no-store"


def known(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def status(address: str, **headers: str) -> int:
    try:
        answer(address, **headers)
    except HTTPError as error:
        return error.code
    return 200


def test_what_the_board_answers_comes_through_the_proxy_as_it_was(room: Path, tmp_path: Path) -> None:
    board = free_port()
    served = (sys.executable, "-W", "ignore", "-c", "from streams.cli import main; main()", "serve")
    with (
        running(*served, "--store", room / "store", "--port", board),
        proxied(tmp_path, "nginx.conf", {"board:8000": f"127.0.0.1:{board}"}) as proxy,
    ):
        direct, through = (answer(f"{at}/nl/latest/support/LL") for at in (f"http://127.0.0.1:{board}", proxy))
        squeezed, body = answer(f"{proxy}/nl/latest/support/LL", **{"Accept-Encoding": "gzip"})
    assert through[1] == direct[1]
    kept = ("ETag", "Cache-Control", "Content-Security-Policy", "Content-Type", "Vary")
    assert [through[0][name] for name in kept] == [direct[0][name] for name in kept]
    assert squeezed["Content-Encoding"] == "gzip"
    assert len(body) < len(direct[1])
    assert "nginx/" not in str(through[0])
