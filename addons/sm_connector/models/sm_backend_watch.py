from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_datetime

OVERDUE_HOURS = 3  # a job that is due for longer does not run at all
GROWTH_ROWS = 5  # less is no growth, whatever the share
WAITING_HOURS = 24  # a question may wait for a day before anybody is told by mail


@dataclass(slots=True)
class Problem:
    """Something that nobody may have noticed.

    :ivar str kind: what it is told once for
    :ivar str text: a sentence for people
    :ivar str level: ``danger`` when nothing gets in, ``warning`` when something waits
    :ivar bool is_urgent: worth an activity and a mail, not only a mark in the corner
    """

    kind: str
    text: str
    level: str = "warning"
    is_urgent: bool = True


class SmBackend(models.Model):
    """The watchdog: what is wrong that nobody may have noticed, told once, and closed by itself.

    It does not depend on its own job: the web client of an operator asks as well, and notices when
    the job itself was switched off.
    """

    _inherit = "sm.backend"

    sample_size = fields.Integer(
        "Records Compared Each Night",
        default=20,
        help="So many unchanged records of each kind are read again and compared field by field. "
        "0: none.",
    )
    growth_nights = fields.Integer(
        "Growing for (nights)",
        default=3,
        help="The responsible is told when more rows need attention this many nights in a row. "
        "0: never.",
    )
    growth_percent = fields.Integer(
        "Growing by (%)",
        default=50,
        help="The responsible is told when so many more rows need attention than the night before. "
        "0: never.",
    )
    watch_told = fields.Json("Problems Told by Mail", readonly=True, copy=False)
    match_count = fields.Integer("Questions", compute="_compute_match_count", compute_sudo=True)
    held_count = fields.Integer(
        "Stopped Entities", compute="_compute_held_count", compute_sudo=True
    )
    drift_count = fields.Integer("Differences Found", compute="_compute_drift_count")

    _sample_size_positive = models.Constraint(
        "CHECK (sample_size >= 0)", "The number of records compared is not negative."
    )

    def _compute_match_count(self):
        groups = self.env["sm.match"]._read_group(
            [("backend_id", "in", self.ids), ("state", "=", "open")], ["backend_id"], ["__count"]
        )
        counts = dict(groups)
        for backend in self:
            backend.match_count = counts.get(backend, 0)

    def _compute_held_count(self):
        """Entities whose last run was stopped by a guard and waits for somebody's word."""
        lines = self.env["sm.run.line"]
        for backend in self:
            last = backend.last_run_id
            domain = [("run_id", "=", last.id), ("state", "=", "held")]
            backend.held_count = lines.search_count(domain) if last.state == "held" else 0

    def _compute_drift_count(self):
        for backend in self:
            backend.drift_count = sum(backend.last_line_ids.mapped("drifted"))

    # === PROBLEMS === #

    def _watchdog_findings(self):
        """Override of `integration_base` to add what is particular to a nightly synchronisation."""
        return [problem.text for problem in self._watch_problems() if problem.is_urgent]

    def _watch_problems(self):
        """Return everything that is wrong.

        :rtype: list[Problem]
        """
        self.ensure_one()
        # what this class adds to the findings is added below
        silences = super()._watchdog_findings()  # pylint: disable=super-method-mismatch
        problems = [Problem("silent", text, "danger") for text in silences]
        if self.active and self.is_configured:
            problems += self._problems_of_jobs()
        if self.silence_hours > 0:
            problems += self._problems_of_feeds()
        problems += self._problems_of_last_run()
        problems += self._problems_of_quarantine()
        problems += self._problems_of_matches()
        return problems

    def _problems_of_jobs(self):
        """Is anything going to happen tonight? A job may have been switched off, by a person or by
        Odoo after five failures, or the server has none that works on jobs."""
        problems = []
        overdue = fields.Datetime.now() - timedelta(hours=OVERDUE_HOURS)
        jobs = [
            (
                "night_off",
                "sm_connector.ir_cron_night",
                self.env._("The nightly synchronisation is switched off."),
            ),
            (
                "watchdog_off",
                "integration_base.ir_cron_watchdog",
                self.env._("The job that watches over the connections is switched off."),
            ),
        ]
        if self._reads_changes():
            jobs.append(
                (
                    "delta_off",
                    "sm_connector.ir_cron_delta",
                    self.env._("The job that reads the changes in the day is switched off."),
                )
            )
        for kind, xml_id, text in jobs:
            # sudo: whether a job is on is no secret for those who depend on it
            cron = self.env.ref(xml_id, raise_if_not_found=False)
            cron = cron and cron.sudo()
            if not cron or not cron.active:
                problems.append(Problem(kind, text, "danger"))
            elif cron.nextcall < overdue:
                date = format_datetime(self.env, cron.nextcall, dt_format="short")
                problems.append(
                    Problem(
                        kind,
                        self.env._(
                            "“%(job)s” should have run on %(date)s and did not: does the server "
                            "work on its scheduled jobs?",
                            job=cron.name,
                            date=date,
                        ),
                        "danger",
                    )
                )
        return problems

    def _reads_changes(self):
        """Return whether a feed brings what changed in the day."""
        # sudo: operators may not see how the feeds are set up
        return "delta" in self.sudo().feed_ids.mapped("mode")

    def _problems_of_feeds(self):
        """One feed may be silent while the others deliver, or may never have delivered."""
        limit = fields.Datetime.now() - timedelta(hours=self.silence_hours)
        problems = []
        # sudo: operators may not see how the feeds are set up
        for feed in self.sudo().feed_ids:
            last = feed.last_delivery
            if not last and self.is_configured and feed.mode == "full" and not feed.is_optional:
                last = feed.create_date
            if not last or last >= limit:
                continue
            date = format_datetime(self.env, last, dt_format="short")
            if feed.transport == "file":
                text = self.env._(
                    "No new file %(pattern)s since %(date)s.", pattern=feed.pattern, date=date
                )
            else:
                text = self.env._(
                    "%(feed)s has given nothing new since %(date)s.",
                    feed=feed.display_name,
                    date=date,
                )
            problems.append(Problem(f"feed_{feed.id}", text))
        return problems

    def _problems_of_last_run(self):
        run = self.last_run_id
        if self.held_count:
            text = self.env._("The synchronisation has stopped and waits for your decision.")
            return [Problem(f"held_{run.id}", text, "danger")]
        if run.state == "failed":
            text = self.env._("The last synchronisation did not succeed: %(why)s", why=run.message)
            # the silence that follows is told by mail: one night may fail
            return [Problem("failed", text.strip(), "danger", is_urgent=False)]
        return []

    def _problems_of_quarantine(self):
        """Rows that need attention may become more and more, a few each night."""
        nights = max(self.growth_nights, 1) + 1
        runs = self.env["sm.run"].search(
            [
                ("backend_id", "=", self.id),
                ("trigger", "=", "cron"),
                ("state", "in", ("done", "warning")),
            ],
            limit=nights,
            order="id desc",
        )
        counts = runs.mapped("quarantined")[::-1]
        if len(counts) < 2:
            return []
        growth = counts[-1] - counts[-2]
        is_jump = (
            self.growth_percent > 0
            and growth >= GROWTH_ROWS
            and growth * 100 >= self.growth_percent * max(counts[-2], 1)
        )
        is_steady = (
            self.growth_nights > 0
            and len(counts) == nights
            and all(later > earlier for earlier, later in zip(counts, counts[1:], strict=False))
        )
        if not is_jump and not is_steady:
            return []
        text = self.env._(
            "More and more rows need attention: %(counts)s in the last nights.",
            counts=" → ".join(map(str, counts)),
        )
        return [Problem("growing", text)]

    def _problems_of_matches(self):
        count = self.match_count
        if not count:
            return []
        # sudo: only how long the oldest has waited
        oldest = (
            self.env["sm.match"]
            .sudo()
            .search(
                [("backend_id", "=", self.id), ("state", "=", "open")], order="first_asked", limit=1
            )
        )
        is_urgent = oldest.first_asked <= fields.Datetime.now() - timedelta(hours=WAITING_HOURS)
        if count == 1:
            text = self.env._("1 question waits under “Who is this?”.")
        else:
            text = self.env._("%(count)s questions wait under “Who is this?”.", count=count)
        return [Problem("matches", text, is_urgent=is_urgent)]

    # === TELL === #

    def _watchdog_report(self, findings):
        """Override of `integration_base` to tell the responsible by mail as well, once per problem.

        The activity is silent: it would else send a mail of its own.
        """
        self = self.with_context(mail_activity_quick_update=True)
        result = super()._watchdog_report(findings)
        self._watch_mail()
        return result

    def _watchdog_close(self):
        """Override of `integration_base`: a problem that comes back is told again."""
        result = super()._watchdog_close()
        if self.watch_told:
            self.sudo().watch_told = False
        return result

    def _watch_mail(self):
        """Send the responsible what he has not been told yet; forget what is over."""
        self.ensure_one()
        user = self._watchdog_user()
        here = self.with_context(lang=user.lang, tz=user.tz)
        problems = [problem for problem in here._watch_problems() if problem.is_urgent]
        told = set(self.watch_told or [])
        new = [problem for problem in problems if problem.kind not in told]
        still = sorted({problem.kind for problem in problems})
        if still != sorted(told):
            # sudo: also found by an operator's web client, who may not write here
            self.sudo().watch_told = still
        if new and user.email:
            here._watch_send(user, new)

    def _watch_send(self, user, problems):
        """Queue a mail; nothing is sent in this transaction."""
        company = self.company_id
        items = Markup().join(Markup("<li>%s</li>") % problem.text for problem in problems)
        body = Markup("<p>%s</p><ul>%s</ul><p><a href='%s'>%s</a></p><p>%s</p>") % (
            self.env._("%(name)s needs attention:", name=self.display_name),
            items,
            f"{self.get_base_url()}/odoo/silicon-masters/{self.id}",
            self.env._("Open Silicon Master in Odoo"),
            self.env._("You are told once; the mark in Odoo goes away when all is well again."),
        )
        # sudo: whoever finds a problem may not send mails in the company's name
        self.env["mail.mail"].sudo().create(
            {
                "subject": self.env._("%(name)s needs attention", name=self.display_name),
                "body_html": body,
                "email_to": user.email_formatted,
                "email_from": company.email_formatted or user.email_formatted,
                "auto_delete": False,
            }
        )

    # === SYSTRAY === #

    @api.model
    def get_watch(self):
        """Return what an operator has to know, for the mark in the corner of his screen.

        Problems that the watchdog's own job cannot report are reported from here.

        :return: a list of ``backend_id``, ``backend``, ``kind``, ``text``, ``level``
        :rtype: list[dict]
        """
        if not self.env.user.has_group("sm_connector.group_sm_operator"):
            raise AccessError(self.env._("Only operators of Silicon Master are told this."))
        watch = []
        for backend in self.search([("active", "=", True)]):
            problems = backend._watch_problems()
            if any(problem.kind == "watchdog_off" for problem in problems):
                # sudo: nobody else will do it
                backend.sudo()._watchdog_review()
            watch += [
                {
                    "backend_id": backend.id,
                    "backend": backend.display_name,
                    "kind": problem.kind,
                    "text": problem.text,
                    "level": problem.level,
                }
                for problem in problems
            ]
        return watch

    def action_open_watch(self, kind):
        """Open the place where a problem is dealt with.

        :param str kind: see :class:`Problem`
        """
        self.ensure_one()
        if kind == "matches":
            return self.action_open_matches()
        if kind == "growing":
            return self.action_open_quarantine()
        if kind == "failed" or kind.startswith("held"):
            return {
                "type": "ir.actions.act_window",
                "res_model": "sm.run",
                "res_id": self.last_run_id.id,
                "views": [(False, "form")],
            }
        return {
            "type": "ir.actions.act_window",
            "res_model": "sm.backend",
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def action_open_matches(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("sm_connector.sm_match_action")
        return action | {"domain": [("backend_id", "=", self.id)]}

    def action_open_drifts(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("sm_connector.sm_drift_action")
        return action | {"domain": [("backend_id", "=", self.id)]}

    def action_switch_on(self):
        """Switch the jobs that this master needs on again."""
        self.check_access("write")
        xml_ids = ["sm_connector.ir_cron_night", "integration_base.ir_cron_watchdog"]
        if self._reads_changes():
            xml_ids.append("sm_connector.ir_cron_delta")
        for xml_id in xml_ids:
            # sudo: administrators of the connector may have their own jobs, and no others
            self.env.ref(xml_id).sudo().active = True
        return self._notify("success", self.env._("The nightly synchronisation is on."))

    # === CHECK EVERYTHING, READ AGAIN === #

    def action_verify_all(self):
        """Queue a run that compares every record field by field with the last export."""
        self.ensure_one()
        action = self._start_run("manual")
        # sudo: see _start_run
        run = self.sudo().running_run_id
        if run.state == "queued":
            run.is_verification = True
        return action
