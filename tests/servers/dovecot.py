"""Dovecot from the machine's packages: a mail server on loopback with folders of its own.

Every user that signs in with the password has a mailbox. Mail is put into it by IMAP, as
another client of the same account would do it.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from tests.servers.ports import HOST, Watcher, answers, end, free_port, wait_until

USER = "anna"
#: On loopback, for as long as the server runs.
PASSWORD = "secret"  # noqa: S105
#: Login processes are not shut into a folder: only root could do that.
_CONFIGURATION = """base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = {host}
ssl = {ssl}
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
default_login_user = {owner}
default_internal_user = {owner}
default_internal_group = {group}
first_valid_uid = 1
mail_location = {layout}:{folder}/mail/%u
mailbox_list_index = yes
mailbox_idle_check_interval = 1 s
{capabilities}
passdb {{
  driver = static
  args = password={password}
}}
{tokens}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
  chroot =
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """One server.

    `capabilities` names what it offers, where that is not all that it can do; `oauth2` says
    in its own words whom it asks about tokens.
    """

    def __init__(
        self, *, layout: str = "mdbox", capabilities: str = "", has_tls: bool = False, oauth2: str = ""
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="amends-dovecot-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self.tls_port = free_port() if has_tls else 0
        self.ca_file = self.folder / "server.pem"
        owner = pwd.getpwnam("dovecot") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        for name in ("run", "state", "mail"):
            (self.folder / name).mkdir()
        os.chown(self.folder / "mail", owner.pw_uid, owner.pw_gid)
        if has_tls:
            self._certify()
        else:
            (self.folder / "server.pem").touch()
            (self.folder / "server.key").touch()
        tokens = ""
        if oauth2:
            (self.folder / "oauth2.conf").write_text(oauth2)
            tokens = f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {self.folder}/oauth2.conf\n}}"
        group = grp.getgrgid(owner.pw_gid).gr_name
        (self.folder / "dovecot.conf").write_text(
            _CONFIGURATION.format(
                folder=self.folder, host=HOST, owner=owner.pw_name, group=group, layout=layout,
                port=self.port, tls_port=self.tls_port, ssl="yes" if has_tls else "no", password=PASSWORD,
                capabilities=f"imap_capability = {capabilities}" if capabilities else "", tokens=tokens,
            )
        )  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    def start(self) -> Dovecot:
        """Start it, the first time on empty mailboxes, and wait until it answers."""
        command = ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
        with (self.folder / "stderr.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._watcher = Watcher(self._process)
        wait_until(lambda: answers(self.port), self._process, what="Dovecot", seconds=20)
        return self

    def stop(self) -> None:
        """Stop it, and with it every connection: a process that serves one would outlive the others."""
        if self._process is not None and self._process.poll() is None:
            self._doveadm("kick", "*")
        if self._watcher is not None:
            self._watcher.leave()
            self._watcher = None
        if self._process is not None:
            end(self._process, gently=signal.SIGTERM)
            self._process = None

    def remove(self) -> None:
        """Stop it and throw its mailboxes away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kick(self, user: str = USER) -> None:
        """End the connections of a user."""
        self._doveadm("kick", user)

    def serving(self, user: str = USER) -> list[int]:
        """Name the processes that serve a user's connections."""
        listed = self._doveadm("-f", "flow", "who", user)
        return [int(pid) for pids in re.findall(r"\(pids\)=\(([\d ]+)\)", listed) for pid in pids.split()]

    @contextlib.contextmanager
    def client(self, user: str = USER, folder: str = "INBOX") -> Iterator[Any]:
        """Sign in as a person's mail program does."""
        with IMAPClient(HOST, port=self.port, ssl=False, timeout=20) as client:
            client.login(user, PASSWORD)
            client.select_folder(folder)
            yield client

    def put(
        self, mails: Sequence[bytes], *, user: str = USER, folder: str = "INBOX", at: datetime | None = None
    ) -> None:
        """Put mails into a folder, in this order."""
        with IMAPClient(HOST, port=self.port, ssl=False, timeout=60) as client:
            client.login(user, PASSWORD)
            if not client.folder_exists(folder):
                client.create_folder(folder)
            for mail in mails:
                client.append(folder, mail, msg_time=at)

    @property
    def delivery(self) -> tuple[str, str]:
        """The command that puts a mail on its standard input into the mailbox, and the user that it runs as."""
        owner, log = (self.folder / "mail").owner(), self.folder / "mail" / "delivery.log"
        return owner, f"/usr/lib/dovecot/dovecot-lda -c {self.folder}/dovecot.conf -o log_path={log} -e -d {USER}"

    def _doveadm(self, *words: str) -> str:
        command = ["doveadm", *words]
        # What comes before its own words are the tool's.
        command[1:1] = ["-c", str(self.folder / "dovecot.conf")]
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout

    def _certify(self) -> None:
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", "server.key", "-out", "server.pem", "-days", "2", "-subj", "/CN=amends tests",
                "-addext", f"subjectAltName=IP:{HOST}",
            ],
            cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
