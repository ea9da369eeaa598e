"""Every setting: its name, what it means, and what it is when nobody says otherwise.

Settings come from the environment (`AMENDS_` and the name in capitals), then from the
files of the folder that `AMENDS_SECRETS_DIR` names (`amends_` and the name), then from a
TOML file (`amends.toml` in the current folder, or the file that `AMENDS_CONFIG`
names), then from the defaults here. `docs/settings.md` is this table; a test keeps
the two together. Only the wiring reads settings.
"""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from amends.errors import Misconfigured

PREFIX = "AMENDS_"
_FILE = "amends.toml"
_SECRET_BYTES = 32
_ADDRESS = re.compile(r"[^\s@<>,;:]+@[^\s@<>,;:]+")

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")

#: A list in the environment is written with commas.
Listed = Annotated[tuple[str, ...], NoDecode]


class MailboxSettings(BaseModel):
    """One mailbox that is read by IMAP."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1, description="The mail server.")
    user: str = Field(min_length=1, description="The user to sign in as.")
    name: str = Field(
        "",
        pattern=r"^[^\s/@:]{0,60}$",
        description="What the ledger calls the mailbox, for good; empty: what stands before the @ of its user.",
    )
    folders: tuple[str, ...] = Field(("INBOX",), min_length=1, description="The folders that are read.")
    port: int = Field(0, ge=0, le=65535, description="Its port; 0: 993 with `tls`, 143 otherwise.")
    security: Literal["tls", "starttls", "plain"] = Field(
        "tls", description="How the connection is secured; `plain` is taken on this machine only."
    )
    ca_file: str = Field("", description="A file of further authorities that the server's certificate is checked by.")
    password_file: str = Field(
        "", description="The file that holds the password; empty: `mailbox_password` holds it. Read at each sign-in."
    )
    token_file: str = Field(
        "", description="A file that holds an OAuth 2 token, for a sign-in with XOAUTH2 instead of a password."
    )
    token_command: tuple[str, ...] = Field(
        (), description="A command, with its arguments, that writes such a token; it is run at each sign-in."
    )
    size_mb: int = Field(
        50, ge=1, le=50, description="A larger mail, in MiB, is not fetched: it is parked, and stays in its mailbox."
    )
    handled: Literal["leave", "flag", "move"] = Field(
        "leave", description="What becomes of a mail in its mailbox once it is taken in."
    )
    flag: str = Field("$Amends", description="The flag that it gets, with `flag`: a word, or `\\Seen`.")
    move_to: str = Field("", description="The folder that it is moved into, with `move`; made if it is missing.")
    poll_s: float = Field(
        30.0, ge=1, le=3600, description="Seconds between two looks where the server cannot say that mail came (IDLE)."
    )

    @property
    def ledger_name(self) -> str:
        """What the ledger calls it."""
        return self.name or self.user.partition("@")[0]

    @model_validator(mode="after")
    def _is_plain_what_it_does(self) -> MailboxSettings:
        if sum(bool(said) for said in (self.password_file, self.token_file, self.token_command)) > 1:
            raise ValueError(f"mailbox {self.ledger_name}: say one of password_file, token_file and token_command")
        if self.handled == "move" and (not self.move_to or self.move_to in self.folders):
            raise ValueError(f"mailbox {self.ledger_name}: say with move_to into which other folder its mails go")
        return self


class WebhookSettings(BaseModel):
    """One form tool that sends what it got."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,59}$",
        description="What the ledger calls it, for good, and the end of its address: `/api/v1/webhooks/NAME`.",
    )
    keys: tuple[SecretStr, ...] = Field((), description="Its keys, `whsec_` and base64; while one is changed, two.")
    key_file: str = Field("", description="A file that holds such keys, a line each; they count beside `keys`.")
    fields: dict[Literal["text", "subject", "reference", "name", "email"], tuple[str, ...]] = Field(
        {},
        description="Where in its JSON each box is found: paths like `answers.0.text`; each of several adds a "
        "paragraph. A box that is left out is looked for under its own name.",
    )


class Settings(BaseSettings):
    """The settings of one installation."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True)

    data_dir: Path = Field(
        Path("amends-data"), description="The folder for the database, the raw messages and the secret."
    )
    database_url: str = Field("", description="The database; empty: a SQLite file in the data folder.")
    database_password: SecretStr = Field(
        SecretStr(""), description="The password of the user in the database's address; empty: it is in the address."
    )
    blob_store: str = Field(
        "", description="Where raw messages are kept, as an fsspec address; empty: the data folder."
    )
    secret: SecretStr = Field(
        SecretStr(""),
        description="What reply tokens are derived from, 32 characters or more; empty: the file `secret` in the data "
        "folder. All machines of one installation need the same.",
    )
    partitions: int = Field(
        4, ge=1, le=256, description="Partitions of each topic: the most workers of one stage that can share its work."
    )
    batch: int = Field(200, ge=1, le=5000, description="Records that a stage does in one transaction.")

    kafka_servers: Listed = Field(
        (),
        description="Brokers of Apache Kafka, `host:port`, separated by commas; empty: the log is read from the "
        "database. With Kafka the database is PostgreSQL, and `amends run relay` brings records to the broker.",
    )
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How the connection is secured; `PLAINTEXT` is for a network that you trust alone."
    )
    kafka_ca_file: str = Field("", description="The file of authorities that the brokers' certificates are checked by.")
    kafka_user: str = Field("", description="The user to sign in to the broker as, with `SASL_SSL`.")
    kafka_password: SecretStr = Field(SecretStr(""), description="The password to sign in to the broker with.")
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="How the password is shown to the broker."
    )
    kafka_prefix: str = Field(
        "amends.", pattern=r"^[A-Za-z0-9._-]{0,100}$", description="What the names of our topics and groups begin with."
    )
    kafka_replicas: int = Field(
        -1, ge=-1, le=32, description="Copies of each topic that `amends setup` asks for; -1: the broker's own default."
    )
    kafka_keep_hours: int = Field(
        168,
        ge=1,
        description="How long the broker keeps `triaged` and `outbox`; the other topics are kept for good.",
    )
    kafka_body_bytes: int = Field(
        700_000,
        ge=1_000,
        description="A larger record travels as the name of a blob: keep it below the broker's `max.message.bytes`.",
    )
    kafka_session_s: float = Field(
        10.0, ge=1, le=300, description="How long a worker may be silent before its share is given to others."
    )

    organisation: str = Field("Our organisation", min_length=1, description="The name that replies are signed with.")
    contact_line: str = Field(
        "Reply to this message, or ask for a call.",
        min_length=1,
        description="How people can reach you otherwise: on the form's pages and in replies.",
    )
    urgent_contact: str = Field(
        "", description="Whom somebody in danger should call, in your own words; empty: replies do not name anybody."
    )
    policy_pack: str = Field(
        "service-standard", description="The policy pack: one that ships with Amends, or the path of your own `.toml`."
    )

    watch: Listed = Field(
        (), description="Files and folders that `amends run ingest` keeps reading, separated by commas."
    )
    watch_pause_s: float = Field(5.0, gt=0, le=86_400, description="Seconds between two looks at the watched folders.")
    mailboxes: tuple[MailboxSettings, ...] = Field(
        (),
        description="The mailboxes that `amends run ingest` reads: a table `[[mailboxes]]` for each, or JSON in the "
        "environment.",
    )
    mailbox_password: SecretStr = Field(
        SecretStr(""), description="The password of a mailbox that names no file and no token of its own."
    )
    x_handles: Listed = Field((), description="Your own accounts on X, without @: their posts are left alone.")
    x_consumer_key: SecretStr = Field(SecretStr(""), description="The key of your app at X; empty: X is not read.")
    x_consumer_secret: SecretStr = Field(SecretStr(""), description="The secret of your app at X.")
    x_access_token: SecretStr = Field(
        SecretStr(""), description="The access token (OAuth 1.0a) of the account whose mentions are read."
    )
    x_access_token_secret: SecretStr = Field(SecretStr(""), description="The secret of that token.")
    x_sends: bool = Field(
        False,
        description="Whether that account sends what a person has approved, public replies and private messages; "
        "otherwise they go where `sender` says.",
    )
    x_messages: bool = Field(
        False,
        description="Whether the private messages that come to that account are read; the app needs the right to.",
    )
    x_api_url: str = Field("https://api.x.com", description="Where the API of X is, version 2.")
    x_timeout_s: float = Field(30.0, gt=0, le=300, description="How long X may keep us waiting, in seconds.")
    x_pause_s: float = Field(
        60.0, gt=0, le=86_400, description="Seconds between two looks at the mentions, once all are read."
    )
    x_reads_a_month: int = Field(
        10_000,
        ge=0,
        description="Posts that may be read from X in a calendar month (UTC): X bills each. Mentions wait when they "
        "are used up; the looks before a reply do not, and are counted too.",
    )

    mastodon_account: str = Field(
        "", description="Your account on Mastodon, like `care@social.example`; empty: Mastodon is not read."
    )
    mastodon_token: SecretStr = Field(SecretStr(""), description="The access token of an app of that account.")
    mastodon_sends: bool = Field(
        False,
        description="Whether that account sends what a person has approved; otherwise it goes where `sender` says.",
    )
    mastodon_url: str = Field(
        "", description="Where the API of its server is; empty: `https://` and what stands after the last @."
    )
    mastodon_timeout_s: float = Field(
        30.0, gt=0, le=300, description="How long that server may keep us waiting, in seconds."
    )
    mastodon_pause_s: float = Field(
        60.0, gt=0, le=86_400, description="Seconds between two looks at the mentions, once all are read."
    )
    mastodon_reads_a_month: int = Field(
        1_000_000, ge=0, description="Mentions that may be taken in from Mastodon in a calendar month (UTC)."
    )
    bluesky_account: str = Field(
        "", description="Your account on Bluesky, by its handle or DID; empty: Bluesky is not read."
    )
    bluesky_password: SecretStr = Field(SecretStr(""), description="An app password of that account.")
    bluesky_sends: bool = Field(
        False,
        description="Whether that account sends the public replies that a person has approved; otherwise they go where "
        "`sender` says.",
    )
    bluesky_url: str = Field("https://bsky.social", description="The server that the account signs in at.")
    bluesky_timeout_s: float = Field(
        30.0, gt=0, le=300, description="How long that server may keep us waiting, in seconds."
    )
    bluesky_pause_s: float = Field(
        60.0, gt=0, le=86_400, description="Seconds between two looks at the mentions, once all are read."
    )
    bluesky_reads_a_month: int = Field(
        1_000_000, ge=0, description="Mentions that may be taken in from Bluesky in a calendar month (UTC)."
    )

    mail_from: str = Field("complaints@localhost", description="The address that mail goes out from.")
    mail_replies: str = Field(
        "replies@localhost", description="The address that customers reply to; each reply gets `+token` before the @."
    )
    sender: Literal["folder", "smtp"] = Field(
        "folder", description="`folder` writes replies as files into the data folder; `smtp` sends mail."
    )
    smtp_host: str = Field("localhost", description="The mail server that outgoing mail is handed to.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "plain"] = Field(
        "starttls", description="How the connection is secured; `plain` is taken on this machine only."
    )
    smtp_ca_file: str = Field(
        "", description="A file of further authorities that the mail server's certificate is checked by."
    )
    smtp_user: str = Field("", description="The user to sign in as; empty: no sign-in.")
    smtp_password: SecretStr = Field(SecretStr(""), description="The password to sign in with.")
    mail_copy_to: str = Field(
        "",
        description="A mailbox of yours, read by Amends, that gets a copy of each mail. The copy shows that one went "
        "where the line was cut before the server could say so. Empty: no copy.",
    )
    mail_own: Listed = Field(
        (),
        description="Further addresses of your own, separated by commas: mail from there is never acknowledged.",
    )

    acknowledge_by_itself: bool = Field(
        True, description="Whether acknowledgements by e-mail may go without a person; critical cases never do."
    )
    acknowledge_within_days: int = Field(
        14, ge=1, le=36_500, description="A message older than this is not acknowledged by itself: a person decides."
    )
    acknowledge_pause_minutes: int = Field(
        10,
        ge=0,
        le=1_440,
        description="A new mail that comes so soon after an automatic reply to its sender is acknowledged by a person: "
        "answering machines are as quick.",
    )
    cap_per_sender_a_day: int = Field(
        3,
        ge=0,
        description="Automatic replies to one address in 24 hours, at most, whatever tag stands behind its plus sign.",
    )
    cap_per_case: int = Field(2, ge=0, description="Automatic replies in one case, at most.")
    cap_an_hour: int = Field(500, ge=0, description="Automatic replies in all within an hour, at most.")
    approval_minutes: int = Field(60, ge=1, le=525_600, description="How long an approval of a reply holds.")

    clamd: str = Field(
        "",
        description="A ClamAV daemon that attachments are shown to, `unix:/run/clamav/clamd.ctl` or "
        "`tcp://127.0.0.1:3310`; empty: nothing is scanned. Over TCP they travel in plain.",
    )

    form_host: str = Field("127.0.0.1", description="The address that the web form listens on.")
    form_port: int = Field(8080, ge=0, le=65535, description="Its port; 0 takes any that is free.")
    form_url: str = Field("", description="What customers see in the address bar; empty: the host and port above.")
    form_proxies: Listed = Field(
        ("127.0.0.1", "::1"),
        description="Proxies in front of the form, addresses or networks, that are believed whose visit they pass on.",
    )
    form_name: str = Field("complaints", min_length=1, description="The name of the form in the data.")

    desk_host: str = Field("127.0.0.1", description="The address that the desk listens on.")
    desk_port: int = Field(8081, ge=0, le=65535, description="Its port; 0 takes any that is free.")
    desk_url: str = Field(
        "",
        description="What people see in the address bar, like https://desk.example.org: a host of its own, and TLS "
        "unless it is this machine. Empty: the host and port above.",
    )
    desk_proxies: Listed = Field(
        ("127.0.0.1", "::1"),
        description="Proxies in front of the desk, addresses or networks, that are believed whose visit they pass on.",
    )
    desk_idle_minutes: int = Field(
        60, ge=1, le=1_440, description="So long may somebody who is signed in do nothing at the desk."
    )
    desk_session_hours: int = Field(
        12, ge=1, le=168, description="After so long everybody has to sign in again, whatever they do."
    )

    api_calls_a_minute: int = Field(
        600, ge=1, le=100_000, description="Calls to the JSON API that one token may make in a minute."
    )
    webhooks_inside: Listed = Field(
        (),
        description="Networks of your own that webhooks may go to, separated by commas, like 10.1.0.0/16; otherwise "
        "public addresses alone are called. Without TLS only this machine is.",
    )
    webhooks_timeout_s: float = Field(15.0, gt=0, le=120, description="How long one call may take, in seconds.")
    webhooks_ca_file: str = Field(
        "", description="A file of further authorities that the certificates of webhooks are checked by."
    )
    openid_issuer: str = Field(
        "",
        description="The provider that signs people in to the desk by OpenID Connect, like https://id.example.org; "
        "empty: none. It sends people back to `/sign-in/openid/back` at the desk's address.",
    )
    openid_client_id: str = Field("", description="What the desk is called at that provider.")
    openid_client_secret: SecretStr = Field(SecretStr(""), description="The secret of the desk there.")
    openid_roles: Listed = Field(
        (),
        description="Which group there gives which role here, `group=role`, separated by commas; a group may be named "
        "several times. Who is in none of them does not come in.",
    )
    openid_groups_claim: str = Field("groups", min_length=1, description="The claim of the ID token that lists groups.")
    openid_name_claim: str = Field(
        "preferred_username", min_length=1, description="The claim of the ID token that an account is named for."
    )
    openid_scope: str = Field("openid profile", description="What the provider is asked to tell.")

    form_framed_by: Listed = Field(
        (),
        description="Pages that may show the form in a frame, as `https://www.example.org`, separated by commas; "
        "empty: none. `amends form embed` writes what goes into such a page.",
    )
    form_webhooks: tuple[WebhookSettings, ...] = Field(
        (),
        description="Other form tools that send what they get, signed: a table `[[form_webhooks]]` for each, or JSON "
        "in the environment.",
    )

    ops_host: str = Field("127.0.0.1", description="The address that /livez, /readyz and /metrics listen on.")
    ops_port: int = Field(
        0,
        ge=0,
        le=65_530,
        description="Their port in the first service; each other service has the next one, as docs/metrics.md lists "
        "them. 0: none listens.",
    )
    traces_to: str = Field(
        "",
        description="Where traces go: the address of an OTLP/HTTP receiver, like `http://127.0.0.1:4318/v1/traces`; "
        "empty: nothing is traced.",
    )
    traces_share: float = Field(
        1.0, ge=0, le=1, description="The share of messages that are traced, from the first stage to the last."
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much the background services say."
    )
    user: str = Field("", description="Who you are on the command line; empty: your name on this machine.")

    @field_validator(
        "watch",
        "x_handles",
        "mail_own",
        "kafka_servers",
        "form_proxies",
        "desk_proxies",
        "openid_roles",
        "webhooks_inside",
        "form_framed_by",
        mode="before",
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("mail_from", "mail_replies")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not _ADDRESS.fullmatch(value):
            raise ValueError("write an address like complaints@example.org")
        return value

    @field_validator("mail_copy_to")
    @classmethod
    def _may_be_an_address(cls, value: str) -> str:
        return cls._is_address(value) if value else value

    @field_validator("mail_own")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cls._is_address(address) for address in value)

    @field_validator("data_dir", mode="before")
    @classmethod
    def _is_named(cls, value: Any) -> Any:
        # An empty name would be the current folder.
        if value == "":
            raise ValueError("name a folder, or leave the setting out")
        return value

    @field_validator("organisation", "contact_line", "form_name")
    @classmethod
    def _is_not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("it is blank")
        return value

    @field_validator("form_proxies", "desk_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in value:
            try:
                ipaddress.ip_network(proxy)
            except ValueError as why:
                raise ValueError(f"{proxy!r} is no proxy: write an address or a network, like 172.16.0.0/12") from why
        return value

    @field_validator("webhooks_inside")
    @classmethod
    def _are_inside(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError as why:
                raise ValueError(f"{network!r} is no network: write it like 10.1.0.0/16") from why
        return value

    @field_validator("form_framed_by")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no place of a page: write https://www.example.org, without a path")
        return value

    @model_validator(mode="after")
    def _webhooks_can_be_told_apart(self) -> Settings:
        names = [hook.name for hook in self.form_webhooks]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"AMENDS_FORM_WEBHOOKS: two are called {twice[0]}; give each a name of its own")
        return self

    @field_validator("form_url", "desk_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        url = urlsplit(value)
        if value and (url.scheme not in {"http", "https"} or not url.netloc or url.query or url.fragment):
            raise ValueError("write an address like https://example.org/complaints")
        return value

    @field_validator("traces_to")
    @classmethod
    def _takes_traces(cls, value: str) -> str:
        url = urlsplit(value)
        if value and (url.scheme not in {"http", "https"} or not url.netloc):
            raise ValueError("write an address like http://127.0.0.1:4318/v1/traces")
        return value

    @field_validator("kafka_servers")
    @classmethod
    def _are_brokers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for server in value:
            host, _, port = server.rpartition(":")
            if not host or not port.isdigit():
                raise ValueError(f"{server!r} is no broker: write host:port, like broker.example:9092")
        return value

    @field_validator("secret")
    @classmethod
    def _is_long_enough(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and len(value.get_secret_value().encode()) < _SECRET_BYTES:
            raise ValueError(f"it is too short to be a secret: make one with `openssl rand -hex {_SECRET_BYTES}`")
        return value

    @model_validator(mode="after")
    def _password_has_its_user(self) -> Settings:
        if self.database_password.get_secret_value():
            url = urlsplit(self.database_url)
            if not url.scheme.startswith("postgresql") or not url.username or url.password is not None:
                raise ValueError(
                    "AMENDS_DATABASE_PASSWORD is for the user that AMENDS_DATABASE_URL names, without a password of "
                    "its own: write an address like postgresql://amends@db.example/amends"
                )
        return self

    @model_validator(mode="after")
    def _kafka_has_a_database_of_its_own(self) -> Settings:
        if self.kafka_servers and not self.database_url.startswith("postgresql"):
            raise ValueError(
                "AMENDS_KAFKA_SERVERS is for many machines, which share a PostgreSQL database: set "
                "AMENDS_DATABASE_URL, like postgresql://amends@db.example/amends, or leave the brokers out"
            )
        return self

    @model_validator(mode="after")
    def _mailboxes_can_be_told_apart(self) -> Settings:
        names = [mailbox.ledger_name for mailbox in self.mailboxes]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"AMENDS_MAILBOXES: two mailboxes are called {twice[0]}; give each a name of its own")
        for mailbox in self.mailboxes:
            says_its_own = mailbox.password_file or mailbox.token_file or mailbox.token_command
            if not says_its_own and not self.mailbox_password.get_secret_value():
                raise ValueError(
                    f"mailbox {mailbox.ledger_name} has no password: set AMENDS_MAILBOX_PASSWORD, or its "
                    "password_file, token_file or token_command"
                )
        return self

    @field_validator("user")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("write a name on one line")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the caller says, then the environment, then the files of secrets, then the file."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=Path(os.environ.get(f"{PREFIX}CONFIG") or _FILE))
        folder = os.environ.get(f"{PREFIX}SECRETS_DIR")
        secrets = (SecretsSettingsSource(settings_cls, secrets_dir=folder),) if folder else ()
        return init_settings, env_settings, *secrets, toml

    @property
    def database(self) -> str | Path:
        """The database's address, its password included, or the path of its file in the data folder."""
        if not self.database_url:
            return self.data_dir.resolve() / "amends.db"
        password = self.database_password.get_secret_value()
        if not password:
            return self.database_url
        user, _, rest = self.database_url.partition("@")
        return f"{user}:{quote(password, safe='')}@{rest}"

    @property
    def acting_user(self) -> str:
        """Who gives commands here."""
        return self.user or os.environ.get("USER") or os.environ.get("LOGNAME") or f"uid{os.getuid()}"

    @property
    def form_base_url(self) -> str:
        """What customers see in the address bar."""
        return self.form_url or _address(self.form_host, self.form_port)

    @property
    def desk_base_url(self) -> str:
        """What people at the desk see in the address bar."""
        return self.desk_url or _address(self.desk_host, self.desk_port)


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def load_settings(**said: Any) -> Settings:
    """Read the settings; `said` on the command line outranks everything.

    Raises:
        Misconfigured: one is wrong or unknown; names it and says what it may be.
    """
    named = os.environ.get(f"{PREFIX}CONFIG")
    if named and not Path(named).is_file():
        raise Misconfigured(f"{PREFIX}CONFIG names {named}, and there is no such file; write it or unset the variable")
    if not named and Path(_FILE).exists() and not Path(_FILE).is_file():
        raise Misconfigured(f"{_FILE} is no file; rename it, or name the settings file with {PREFIX}CONFIG")
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX)
        and name.removeprefix(PREFIX).lower() not in {*Settings.model_fields, *_READ_FIRST, *_READ_BY_TESTS}
    )
    if unknown:
        raise Misconfigured(f"{unknown[0]} is no setting; see docs/settings.md for those there are")
    _check_secrets(os.environ.get(f"{PREFIX}SECRETS_DIR"))
    try:
        return Settings(**said)
    except ValidationError as why:
        first = why.errors(include_url=False, include_input=False)[0]
        if not first["loc"]:
            raise Misconfigured(str(first["msg"]).removeprefix("Value error, ")) from why
        name = str(first["loc"][0])
        field = Settings.model_fields.get(name)
        inside = "".join(f" ({part})" for part in first["loc"][1:])
        remedy = f"{field.description} Default: {field.default!r}" if field else "see docs/settings.md"
        raise Misconfigured(f"{PREFIX}{name.upper()}: {first['msg']}{inside}. {remedy}") from why
    except (ValueError, OSError) as why:
        raise Misconfigured(f"the settings file, or a file of secrets, cannot be read: {why}") from why


def _check_secrets(folder: str | None) -> None:
    if not folder:
        return
    try:
        names = sorted(path.name for path in Path(folder).iterdir())
    except OSError as why:
        raise Misconfigured(f"{PREFIX}SECRETS_DIR names {folder}, which is no folder that can be read: {why}") from why
    for name in names:
        plain = name.lower()
        if plain.startswith(PREFIX.lower()) and plain.removeprefix(PREFIX.lower()) not in Settings.model_fields:
            raise Misconfigured(f"{folder}/{name} is no setting; see docs/settings.md for those there are")


#: Variables that say where settings are, and are none themselves.
_READ_FIRST = frozenset({"config", "secrets_dir"})
#: Variables that belong to the test suite and not to the product.
_READ_BY_TESTS = frozenset(
    {"shared_data", "test_broker", "test_kafka", "test_kafka_kind", "test_pds", "test_postgres"}
    | {f"require_{what}" for what in ("browser", "dovecot", "kafka", "npm", "postfix", "postgres", "shared_data")}
)
