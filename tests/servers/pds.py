"""A real personal data server of the AT Protocol (npm's @atproto/pds), for what our own test server cannot prove.

It keeps repositories and sessions itself. What it has to ask of others, the directory of
identities and what shows posts to people, is a small server beside it. Installing it
takes minutes and some 400 MB, so it is asked for by AMENDS_TEST_PDS=1.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from tests.servers.npm import installed
from tests.servers.ports import end, free_port

PACKAGE = "@atproto/pds@0.4.217"
HANDLE, PASSWORD = "care.test", "app-pass-word"
_SCRIPT = """
const {PDS, envToCfg, envToSecrets} = require('@atproto/pds');
(async () => {
  const [folder, others, port] = process.argv.slice(1);
  const env = {
    devMode: true, port: Number(port), hostname: 'localhost', serviceDid: 'did:web:localhost',
    serviceHandleDomains: ['.test'],
    dataDirectory: folder, blobstoreDiskLocation: folder + '/blobs', inviteRequired: false, disableSsrfProtection: true,
    jwtSecret: 'j'.repeat(32), adminPassword: 'admin', plcRotationKeyK256PrivateKeyHex: '1'.repeat(64),
    didPlcUrl: others, bskyAppViewUrl: others, bskyAppViewDid: 'did:web:shows.test', logEnabled: false,
  };
  const pds = await PDS.create(envToCfg(env), envToSecrets(env));
  await pds.start();
  console.log('ready');
})().catch((why) => { console.error(why); process.exit(1); });
"""


@dataclass
class Others:
    """The directory of identities (did:plc), and what shows posts: it gives the posts that it is told of."""

    port: int = 0
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    posts: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, body: bytes) -> tuple[int, Any]:
        parts = urlsplit(path)
        name = unquote(parts.path).strip("/").split("/")[0]
        self.asked.append(parts.path)
        if body and name.startswith("did:plc:"):
            self.identities[name] = json.loads(body)
            return 200, {}
        if name in self.identities:
            known = self.identities[name]
            shown = {
                "did": name,
                "verificationMethods": known["verificationMethods"],
                "rotationKeys": known["rotationKeys"],
                "alsoKnownAs": known["alsoKnownAs"],
                "services": known["services"],
            }
            return 200, shown if parts.path.endswith("/data") else self._document(name, known)
        if parts.path.endswith("listNotifications"):
            return 200, {"notifications": [{**post, "reason": "mention", "isRead": False} for post in self.posts]}
        if parts.path.endswith("getPosts"):
            wanted = parse_qs(parts.query).get("uris", [])
            return 200, {"posts": [post for post in self.posts if post["uri"] in wanted]}
        return 404, {"error": "NotFound", "message": "not here"}

    def _document(self, name: str, known: dict[str, Any]) -> dict[str, Any]:
        key = known["verificationMethods"]["atproto"].removeprefix("did:key:")
        method = {"id": f"{name}#atproto", "type": "Multikey", "controller": name, "publicKeyMultibase": key}
        pds = known["services"]["atproto_pds"]
        service = {"id": "#atproto_pds", "type": pds["type"], "serviceEndpoint": pds["endpoint"]}
        context = ["https://www.w3.org/ns/did/v1"]
        also = known["alsoKnownAs"]
        return {
            "@context": context,
            "id": name,
            "alsoKnownAs": also,
            "verificationMethod": [method],
            "service": [service],
        }


@contextmanager
def others() -> Iterator[Others]:
    """Serve what a personal data server asks of others, on a free port of this machine."""
    known = Others()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers.get("content-length", "0"))))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _serve(self, body: bytes) -> None:
            status, whole = known.answer(self.path, body)
            content = json.dumps(whole).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@contextmanager
def pds(folder: Path, beside: Others) -> Iterator[str]:
    """Serve a personal data server with one account on it; gives its address."""
    packages, port = installed(PACKAGE), free_port()
    (folder / "blobs").mkdir(parents=True)
    process = subprocess.Popen(
        ["node", "-e", _SCRIPT, str(folder), f"http://127.0.0.1:{beside.port}", str(port)],
        cwd=packages,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        url = f"http://localhost:{port}"
        account = {"email": "care@northmoor.example", "handle": HANDLE, "password": PASSWORD}
        made = httpx.post(f"{url}/xrpc/com.atproto.server.createAccount", json=account, timeout=30)
        assert made.status_code == 200, made.text
        yield url
    finally:
        end(process)
        process.stdout.close()  # type: ignore[union-attr]
