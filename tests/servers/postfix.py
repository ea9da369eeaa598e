"""Postfix from the machine's packages, as an instance of its own from which nothing leaves this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.servers.certificate import a_certificate
from tests.servers.ports import HOST, NoServer, Watcher, answers, end, free_port, wait_until

_SERVICES = Path("/usr/share/postfix/master.cf.dist")
#: Mails of twenty million bytes pass.
_SIZE_AT_MOST = 50_000_000
_LINE_END = re.compile(rb"\r?\n")


def why_not() -> str:
    """Say why it cannot be started here; empty when it can."""
    if shutil.which("postfix") is None or not _SERVICES.is_file():
        return "no postfix is installed (Debian: apt install postfix)"
    return "" if os.geteuid() == 0 else "postfix is started by root only"


class Postfix:
    """One instance. Mail to a domain of `domains` goes to that port on this machine; all other mail is refused.

    Mail to a domain of `handed_to` is handed to a command, which runs as the user that is named before it.
    `certificate` holds the files of a certificate and of its key, for STARTTLS.
    """

    def __init__(
        self,
        folder: Path,
        domains: Mapping[str, int],
        *,
        certificate: tuple[Path, Path],
        handed_to: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        if reason := why_not():
            raise NoServer(reason)
        self.folder = folder
        self.port = free_port()
        self._domains = domains
        self._handed_to = handed_to or {}
        self._certificate = certificate
        self.ca_file = certificate[0]
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    @property
    def log(self) -> str:
        """What it has written into its log."""
        return (self.folder / "maillog").read_text("utf-8", "replace")

    def start(self) -> Postfix:
        """Make the instance's folders, start it and wait until it answers."""
        made = {name: self.folder / name for name in ("etc", "spool", "data")}
        for folder in made.values():
            folder.mkdir(parents=True)
        shutil.chown(made["data"], "postfix")
        services = re.sub(
            r"(?m)^smtp +inet.*$", f"{HOST}:{self.port} inet n - n - - smtpd", _SERVICES.read_text("utf-8")
        )
        # No service in a jail of its own: it would need its libraries there.
        services = re.sub(r"(?m)^((?:\S+\s+){4})y(\s)", r"\1n\2", services)
        log_service = "postlog unix-dgram n - n - 1 postlogd\n"
        for number, (user, words) in enumerate(self._handed_to.values()):
            services += f"command{number} unix - n n - 1 pipe flags=R user={user} argv={words}\n"
        (made["etc"] / "master.cf").write_text(services if "postlogd" in services else services + log_service)
        ways = {domain: f"smtp:[{HOST}]:{port}" for domain, port in self._domains.items()}
        ways |= {domain: f"command{number}:" for number, domain in enumerate(self._handed_to)}
        routes = " ".join(f"{{ {domain} = {way} }}" for domain, way in ways.items())
        chain, key = self._certificate
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": made["spool"],
            "data_directory": made["data"],
            "mail_owner": "postfix",
            "inet_interfaces": HOST,
            "inet_protocols": "ipv4",
            # Who sends here is a stranger: what a mail lacks is not put into it.
            "local_header_rewrite_clients": "",
            "message_size_limit": _SIZE_AT_MOST,
            "myhostname": "mx.relay.test",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "smtpd_relay_restrictions": "permit_mynetworks, reject",
            "transport_maps": f"inline:{{ {routes} }}",
            "default_transport": "error:nothing leaves this machine",
            "disable_dns_lookups": "yes",
            "smtpd_tls_cert_file": chain,
            "smtpd_tls_key_file": key,
            "smtpd_tls_security_level": "may",
            "maillog_file": self.folder / "maillog",
            "maillog_file_prefixes": "/",
        }
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (made["etc"] / "main.cf").write_text(lines)
        # Its own starter leaves the server behind when it is ended; so the server is started without it.
        for making in (
            ["postfix", "-c", made["etc"], "check"],
            ["postconf", "-c", made["etc"], "-h", "daemon_directory"],
        ):
            done = subprocess.run([str(word) for word in making], check=True, capture_output=True, text=True)
        master = Path(done.stdout.strip()) / "master"
        with (self.folder / "started.log").open("ab") as said:
            self._process = subprocess.Popen(
                [str(master), "-c", str(made["etc"]), "-d"], stdout=said, stderr=said, start_new_session=True
            )
        self._watcher = Watcher(self._process)
        wait_until(lambda: answers(self.port), self._process, what="Postfix", seconds=30)
        return self

    def take(self, mail: bytes, *, to: str) -> None:
        """Take a mail by SMTP, which ends lines by CR and LF."""
        with smtplib.SMTP(HOST, self.port, timeout=60) as line:
            line.sendmail("customer@customer.example", [to], _LINE_END.sub(b"\r\n", mail))

    def stop(self) -> None:
        """End it, and all that it started."""
        if self._process is not None:
            end(self._process)
        if self._watcher is not None:
            self._watcher.leave()


@contextlib.contextmanager
def a_postfix(
    domains: Mapping[str, int] | None = None, *, handed_to: Mapping[str, tuple[str, str]] | None = None
) -> Iterator[Postfix]:
    """Start an instance in a folder of its own, with a certificate for `localhost`; both go at the end."""
    with tempfile.TemporaryDirectory(prefix="amends-postfix-") as name:
        folder = Path(name)
        # The users of Postfix must be able to walk into it.
        folder.chmod(0o755)
        postfix = Postfix(folder, domains or {}, certificate=a_certificate(folder), handed_to=handed_to)
        try:
            yield postfix.start()
        finally:
            postfix.stop()
