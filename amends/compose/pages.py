"""What customers, colleagues and their programs reach an installation by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from ipaddress import ip_network
from typing import TYPE_CHECKING

from amends.compose.stages import Stages
from amends.domain.verdict import Flag
from amends.meter import NO_METER, Meter
from ingest.form_intake import FormIntake
from storage.group_commit import GroupCommit

if TYPE_CHECKING:
    from fastapi import FastAPI

    from amends.desk.case.words import Why
    from amends.desk.openid import Provider
    from amends.desk.parts import Finding, Reconciled
    from amends.tell.http import Way
    from amends.tell.service import Teller


@dataclass(frozen=True, kw_only=True)
class Pages(Stages):
    """What makes the web form, the desk, and the calls to programs."""

    def form(self, *, meter: Meter = NO_METER) -> FastAPI:
        """Make the web form."""
        from ingest.web_form.app import make_app
        from ingest.web_form.settings import FormSettings

        s = self.settings
        intake = FormIntake(
            in_one_commit=GroupCommit(self.database.unit).run,
            reading=self.database.reading,
            blobs=self.blobs,
            readers=self.readers,
            secret=self.secret,
            now=self.now,
            meter=meter,
            tracer=self.tracer,
        )
        settings = FormSettings(
            organisation=s.organisation,
            form=s.form_name,
            public_base_url=s.form_base_url,
            contact_line=s.contact_line,
            time_zone=self.pack.calendar.zone.key,
            trusted_proxies=s.form_proxies,
            frame_ancestors=s.form_framed_by or ("'none'",),
            webhooks=self.webhooks,
        )
        return make_app(intake, settings=settings, now=self.now)

    def desk(
        self,
        *,
        examine: Callable[[], Sequence[Finding]] | None = None,
        reconcile: Callable[[], Sequence[Reconciled]] | None = None,
    ) -> FastAPI:
        """Make the desk. `examine` and `reconcile` are what its operators may have done on request.

        Raises:
            Misconfigured: its address cannot be one.
        """
        from amends.desk.app import make_desk
        from amends.desk.openid import OpenId
        from amends.desk.parts import Desk, Entry

        s = self.settings
        return make_desk(
            Desk(
                organisation=s.organisation,
                entry=Entry(
                    url=s.desk_base_url,
                    idle=timedelta(minutes=s.desk_idle_minutes),
                    longest=timedelta(hours=s.desk_session_hours),
                    trusted_proxies=s.desk_proxies,
                ),
                unit=self.database.unit,
                reading=self.database.reading,
                aside=self.database.aside,
                viewing=self.database.viewing,
                looking=self.database.looking,
                blobs=self.blobs,
                pack=self.pack,
                secret=self.secret,
                now=self.now,
                check=self.check_draft,
                frame=self.frame_answer,
                explain=self.explain_flag,
                contact_log=self.contact_log,
                attachment=self.attachment,
                name_of=self.name_of,
                take_in_again=self.take_in_again,
                openid=None if self._openid is None else OpenId(self._openid, now=self.now),
                approval_holds=timedelta(minutes=s.approval_minutes),
                levels=self.levels,
                workers=self.workers,
                examine=examine,
                reconcile=reconcile,
                api_calls_a_minute=s.api_calls_a_minute,
            )
        )

    def explain_flag(self, flag: Flag) -> Why:
        """Say why a flag was raised, for a page."""
        from amends.desk.case.words import Why
        from triage.taxonomy import meaning_of

        means, says = meaning_of(flag)
        return Why(
            flag=flag.name.value.replace("_", " "),
            means=means,
            rule=flag.rule,
            says=says or "Not a rule: the model took these words for such a flag's.",
            severity=flag.severity.word if flag.severity else "",
        )

    @property
    def _openid(self) -> Provider | None:
        s = self.settings
        if not s.openid_issuer:
            return None
        from amends.desk.openid import Provider, roles_of_groups

        return Provider(
            issuer=s.openid_issuer,
            client_id=s.openid_client_id,
            client_secret=s.openid_client_secret.get_secret_value(),
            returns_to=f"{s.desk_base_url.rstrip('/')}/sign-in/openid/back",
            roles_of=roles_of_groups(s.openid_roles),
            groups_claim=s.openid_groups_claim,
            name_claim=s.openid_name_claim,
            scope=s.openid_scope,
        )

    @cached_property
    def webhook_way(self) -> Way:
        """Where webhooks may go."""
        from amends.tell.http import Way

        s = self.settings
        return Way(
            inside=tuple(ip_network(network) for network in s.webhooks_inside),
            timeout_s=s.webhooks_timeout_s,
            ca_file=s.webhooks_ca_file,
        )

    def teller(self) -> Teller:
        """Make what tells programs of what happens to cases."""
        from amends.tell.http import post
        from amends.tell.service import Teller

        return Teller(
            unit=self.database.unit,
            reading=self.database.reading,
            post=partial(post, way=self.webhook_way),
            secret=self.secret,
            now=self.now,
        )
