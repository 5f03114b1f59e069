import uuid
from dataclasses import replace
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.transaction import run_apart

from ..threecx.call_number import same_number
from ..threecx.dial import DialError, dial
from ..threecx.report import CallReport

_logger = get_logger(__name__)

#: Most of a refused text that is shown, in characters.
DISPLAY_LENGTH = 64
#: A second click on the same number within so many seconds is no second call.
REPEAT_SECONDS = 3


class ThreecxCall(models.Model):
    """A call from Odoo: one click, and it is known where it was made from."""

    _inherit = "threecx.call"

    @api.model
    def dial(self, number, res_model=False, res_id=False, device=False, confirmed=False):
        """Call a number for the current user.

        The call is kept first, with the record it was made from; only then is the telephone system
        asked, and what it does not do is left to the user's own telephone program.

        :param str number: as it is written; never rewritten where it is stored
        :param str res_model: model of the record from which it was clicked
        :param int res_id: its id; a record that the user may not read is as none
        :param str device: telephone to call with; by default the one chosen before
        :param bool confirmed: the user wants to call although the number asked not to be called
        :return: ``state`` ``server`` (the user's telephone rings), ``webclient`` or ``tel`` (open
            ``url``; without one there is nothing left to do: it was clicked twice), ``refused``
            (``message`` says why) or ``confirm`` (``message`` asks; call again with ``confirmed``);
            ``number`` as dialled, ``display`` as read, ``call_id``, and a ``notice`` when it is not
            done in the usual way
        :rtype: dict
        """
        self.browse().check_access("read")
        pbx_sudo = self.env.user._threecx_pbx()
        if not pbx_sudo:
            return _answer("refused", message=self.env._("No telephone system is set up."))
        record = self._dial_record(res_model, res_id)
        try:
            dialled = dial(number, pbx_sudo._dial_rule(), self._dial_country(record))
        except DialError as error:
            message = self._dial_refusal(error)
            shown = number[:DISPLAY_LENGTH] if isinstance(number, str) else ""
            return _answer("refused", number=shown, display=shown, message=message)
        extension = self.env.user._threecx_extension().number or ""
        shown = {"number": dialled.number, "display": dialled.display}
        if extension and dialled.number == extension:
            return _answer("refused", **shown, message=self.env._("This is your own extension."))
        if not confirmed and self._is_do_not_call(dialled.e164):
            message = self.env._(
                "%(number)s is on the list of those who do not want to be called.",
                number=dialled.display,
            )
            return _answer("confirm", **shown, message=message)
        report = CallReport(
            source="click",
            key=uuid.uuid4().hex,
            direction="outbound" if dialled.e164 else "internal",
            number=dialled.e164 or dialled.number,
            extension=extension,
            agent_email=self.env.user.email or "",
            state="ringing",
            started=fields.Datetime.now(),
        )
        intent = (record._name, record.id) if record else (False, False)
        call_id, is_repeated = run_apart(self.env, _begin, pbx_sudo.id, report, *intent)
        mode = self.env.user._threecx_mode()
        if is_repeated:
            return _answer(mode, **shown, call_id=call_id)
        notice = message = False
        if mode == "server":
            mode, message, notice = self._dial_server(pbx_sudo, report, dialled.number, device)
        url = False
        if mode == "webclient":
            url = pbx_sudo._webclient_url(dialled.number)
        elif mode == "tel":
            url = f"tel:{dialled.number}"
        return _answer(mode, **shown, call_id=call_id, url=url, message=message, notice=notice)

    # === BEFORE === #

    @api.model
    def get_empty_list_help(self, help_message):
        """Override: before there is a telephone system, what is missing is that."""
        # sudo: whether there is one is no secret
        if self.env["threecx.pbx"].sudo().search_count([], limit=1):
            return super().get_empty_list_help(help_message)
        title = self.env._("No telephone system is set up.")
        remedy = self.env._("An administrator enters its address under Configuration.")
        return Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>') % (title, remedy)

    @api.model
    def _dial_record(self, res_model, res_id):
        """The record from which it was clicked, when the user may read it.

        :rtype: models.Model | None
        """
        # what a browser sends is a text, and not always that of a model
        if not isinstance(res_model, str) or not isinstance(res_id, int) or not res_id:
            return None
        if res_model not in self.env or self.env[res_model]._abstract:
            return None
        if res_model == "discuss.channel":
            return None  # colleagues talk there: no place for the line of a call
        record = self.env[res_model].browse(res_id).exists()
        if not record or record._transient or not record.has_access("read"):
            return None
        return record

    @api.model
    def _dial_country(self, record):
        """ISO code of the country in whose notation the number is probably written."""
        if not record:
            return None
        return record._phone_get_country().get(record.id, record.env["res.country"]).code or None

    @api.model
    def _is_do_not_call(self, e164):
        # sudo: who asked not to be called is known to who would call, and to nobody else
        blacklist_sudo = self.env["phone.blacklist"].sudo()
        return bool(e164 and blacklist_sudo.search_count([("number", "=", e164)], limit=1))

    @api.model
    def _dial_refusal(self, error):
        """What is wrong with a number, for people.

        :param DialError error: why it is not dialled
        :rtype: str
        """
        messages = {
            "empty": self.env._("There is no number."),
            "letters": self.env._("This is no telephone number: it holds letters."),
            "too_short": self.env._("This number is too short: a digit is missing."),
            "too_long": self.env._("This number is too long: it has a digit too many."),
            "impossible": self.env._("No such number exists: please check its digits."),
            "country": self.env._("This number begins with a country code that does not exist."),
        }
        if error.code == "several":
            return self.env._(
                "There are several numbers here: %(numbers)s. Write them in fields of their own.",
                numbers=", ".join(error.numbers),
            )
        return messages.get(error.code, messages["impossible"])

    # === THE TELEPHONE SYSTEM CALLS === #

    @api.model
    def _dial_server(self, pbx_sudo, report, number, device):
        """Have the user's telephone call.

        :return: how it is done then, what to say, and what to say once when it is not the usual way
        :rtype: tuple
        """
        user = self.env.user
        other = user._threecx_open_mode()
        if pbx_sudo._is_resting():
            return other, False, self._dial_notice(other)
        extension_sudo = user._threecx_extension()
        device = device or extension_sudo.preferred_device or None
        try:
            with pbx_sudo._api() as api_client:
                result = self._make_call(api_client, extension_sudo, number, device)
        except IntegrationError as error:
            _logger.info("%s: %s could not be made to call: %s", pbx_sudo, extension_sudo, error)
            if getattr(error, "is_uncertain", False):
                # it may be ringing: calling in another way too would be a second call
                run_apart(self.env, _let_rest, pbx_sudo.id)
                message = self.env._(
                    "The telephone system did not answer. If your telephone does not ring in a "
                    "moment, click again."
                )
                return "server", message, False
            run_apart(self.env, _note_failure, extension_sudo.id, error)
            return other, False, self._dial_notice(other)
        if result.participant and result.participant.callid:
            run_apart(self.env, _note_call_ref, pbx_sudo.id, report, result.participant.callid)
        return "server", False, False

    @api.model
    def _make_call(self, api_client, extension_sudo, number, device):
        """Have an extension call, with the telephone that was chosen as long as it is there.

        :rtype: CallControlResult
        :raise IntegrationError: the telephone system does not, or cannot be reached
        """
        try:
            return api_client.make_call(extension_sudo.number, number, device)
        except RejectedError:
            if not device:
                raise
            devices = _registered(api_client.devices(extension_sudo.number))
            if device in {one["id"] for one in devices}:
                raise  # it is not the telephone
        # its address is its name to 3CX, and is another one when it signs in anew
        names = {one["id"]: one["name"] for one in extension_sudo.devices or []}
        same = [one["id"] for one in devices if one["name"] == names.get(device)]
        device = same[0] if len(same) == 1 else False
        run_apart(self.env, _note_devices, extension_sudo.id, devices, device)
        return api_client.make_call(extension_sudo.number, number, device or None)

    @api.model
    def _dial_notice(self, mode):
        if mode == "webclient":
            return self.env._(
                "Your telephone cannot be reached from Odoo just now: calls go through the 3CX web "
                "client."
            )
        return self.env._(
            "Your telephone cannot be reached from Odoo just now: calls go through the telephone "
            "app of your computer."
        )

    # === TELEPHONES === #

    @api.model
    def get_devices(self):
        """The telephones with which the current user may call.

        :return: ``devices`` (``id``, ``name``), ``preferred`` (id, or False for the one that 3CX
            chooses) and ``extension`` (number, or False)
        :rtype: dict
        """
        self.browse().check_access("read")
        extension_sudo = self.env.user._threecx_extension()
        if self.env.user._threecx_tier() == 2 and not extension_sudo.pbx_id._is_resting():
            self._read_devices(extension_sudo)
        return {
            "devices": extension_sudo.devices or [],
            "preferred": extension_sudo.preferred_device,
            "extension": extension_sudo.number,
        }

    @api.model
    def set_device(self, device_id):
        """Call with this telephone from now on.

        :param device_id: one of `get_devices`; False: the one that 3CX chooses
        """
        self.browse().check_access("read")
        extension_sudo = self.env.user._threecx_extension()
        known = {device["id"] for device in extension_sudo.devices or []}
        if device_id and device_id not in known:
            raise AccessError(self.env._("This is none of your telephones."))
        extension_sudo.preferred_device = device_id
        return True

    @api.model
    def _read_devices(self, extension_sudo):
        try:
            with extension_sudo.pbx_id._api() as api_client:
                devices = api_client.devices(extension_sudo.number)
        except IntegrationError as error:
            _logger.info("%s: its telephones could not be read: %s", extension_sudo, error)
            return  # those known from before will do
        found = _registered(devices)
        if found != (extension_sudo.devices or []):
            extension_sudo.write({"devices": found, "registered": bool(found)})

    # === DURING THE CALL === #

    def control(self, action, destination=False):
        """Do something with the current user's end of a call that is going on.

        :param str action: ``answer``, ``drop`` or ``transfer``
        :param str destination: for ``transfer``: an extension or a number
        :return: ``state`` ``done`` or ``refused``, and a ``message``
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        user = self.env.user
        pbx_sudo = user._threecx_pbx()
        if user._threecx_tier() != 2 or self.sudo().pbx_id != pbx_sudo:
            return _outcome(self.env._("This is done on the telephone itself."))
        number = None
        if action == "transfer":
            try:
                number = dial(destination, pbx_sudo._dial_rule()).number
            except DialError as error:
                return _outcome(self._dial_refusal(error))
        elif action not in ("answer", "drop"):
            raise ValueError(f"unknown action {action!r}")
        extension_sudo = user._threecx_extension()
        try:
            with pbx_sudo._api() as api_client:
                return self._control(api_client, extension_sudo.number, action, number)
        except RetryableError as error:
            _logger.info("%s: %s of %s failed: %s", pbx_sudo, action, self, error)
            return _outcome(self.env._("The telephone system does not answer. Use your telephone."))
        except IntegrationError as error:
            _logger.info("%s: %s of %s was refused: %s", pbx_sudo, action, self, error)
            return _outcome(self.env._("The telephone system refuses. Use your telephone."))

    def _control(self, api_client, extension, action, number):
        info = api_client.dn(extension)
        mine = [item for item in info.participants if self._is_end(item)] if info else []
        if not mine:
            return _outcome(self.env._("You are not on the telephone in this call any more."))
        # with several telephones ringing, the one that can be told to answer
        item = max(mine, key=lambda participant: participant.direct_control)
        name = action
        if action == "answer" and not item.direct_control:
            return _outcome(self.env._("This telephone cannot be answered from Odoo: pick it up."))
        if action == "transfer":
            name = "divert" if item.status == "Ringing" else "transferto"
        api_client.action(extension, item.id, name, number)
        return {"state": "done", "message": False}

    def _is_end(self, participant):
        """Whether a participant of the telephone system is one of this call."""
        call_sudo = self.sudo()
        refs = set(call_sudo.leg_ids.mapped("call_ref")) - {False}
        if refs:
            return str(participant.callid) in refs
        # made by a click, and not seen by anybody yet
        number = call_sudo.pbx_id._call_number(participant.party_caller_id)
        return same_number(number.key, call_sudo.number_key or "")


def _answer(state, **values):
    """The answer of `dial`, complete."""
    empty = dict.fromkeys(("url", "call_id", "message", "notice"), False)
    return {"state": state, "number": "", "display": "", **empty, **values}


def _outcome(message):
    return {"state": "refused", "message": message}


# -- transactions of their own ---------------------------------------------------------------------


def _begin(env, pbx_id, report, res_model, res_id):
    """Keep a call before it is made.

    :return: its id, and whether it is that of a click just before
    """
    env = env(su=True)  # whether it was clicked before is no question of rights
    # two clicks at once: the second transaction is repeated, and sees the call of the first
    env["threecx.call.slot"]._take(f"click {env.uid}")
    since = fields.Datetime.now() - timedelta(seconds=REPEAT_SECONDS)
    domain = Domain("source", "=", "click") & Domain("user_id", "=", env.uid)
    domain &= Domain("number", "=", report.number) & Domain("started", ">=", since)
    leg = env["threecx.call.leg"].search(domain, limit=1)
    if leg:
        return leg.call_id.id, True
    intent = env[res_model].browse(res_id) if res_model else None
    pbx = env["threecx.pbx"].browse(pbx_id)
    return env["threecx.call"]._record(pbx, report, env.user, intent).id, False


def _note_call_ref(env, pbx_id, report, call_ref):
    """Tell which call of the telephone system the click has become."""
    pbx_sudo = env["threecx.pbx"].sudo().browse(pbx_id)
    env["threecx.call"]._record(pbx_sudo, replace(report, call_ref=str(call_ref)))


def _registered(devices):
    """Telephones with which an extension can call, as they are kept."""
    return [
        {"id": device.device_id, "name": device.user_agent or device.device_id}
        for device in devices
        if device.is_registered
    ]


def _note_devices(env, extension_id, devices, preferred):
    """Remember the telephones of an extension, and the one that is chosen now."""
    extension_sudo = env["threecx.extension"].sudo().browse(extension_id)
    extension_sudo.write({"devices": devices, "preferred_device": preferred})


def _let_rest(env, pbx_id):
    env["threecx.pbx"].sudo().browse(pbx_id)._rest()


def _note_failure(env, extension_id, error):
    """Remember that the telephone system does not call, so that the next one need not wait.

    What it refuses for one extension (403: not listed for the client) or one number says nothing
    of the others.
    """
    extension_sudo = env["threecx.extension"].sudo().browse(extension_id)
    pbx_sudo = extension_sudo.pbx_id
    if isinstance(error, AuthError) and error.code == 403:
        extension_sudo.is_followed = False  # until it is looked at again
    elif isinstance(error, AuthError):
        pbx_sudo._note_api_failure(error)
    if isinstance(error, RetryableError):
        pbx_sudo._rest()
