from odoo import api, fields, models

from odoo.addons.integration_base.exceptions import (
    AuthError,
    PayloadError,
    RejectedError,
    RetryableError,
)

from ..threecx.sound import sound_type
from .threecx_call import RECORDING_GROUP

#: Seconds that 3CX may take for a whole recording: Odoo ends a request after 120, without a word.
LISTEN_SECONDS = 90
#: First bytes of a file that tell what it is.
HEAD = 12


class ThreecxCall(models.Model):
    """Listening to a recording, which stays in 3CX."""

    _inherit = "threecx.call"

    listen_url = fields.Char(
        "Listen", compute="_compute_listen_url", compute_sudo=True, groups=RECORDING_GROUP
    )

    @api.depends("recording_ref", "recording_url", "pbx_id.keep_recordings", "pbx_id.has_api")
    def _compute_listen_url(self):
        for call in self:
            if call._is_within_reach():
                call.listen_url = f"/threecx/recording/{call.id}"
            else:
                call.listen_url = call.recording_url

    def _is_within_reach(self):
        """Whether 3CX can be asked for the sound.

        :rtype: bool
        """
        self.ensure_one()
        pbx_sudo = self.pbx_id.sudo()  # who listens need not see how 3CX is reached
        return bool(self.recording_ref and pbx_sudo.keep_recordings and pbx_sudo.has_api)

    def _download_recording(self, target):
        """Write the sound of the call into a file.

        :param target: binary file opened for writing and reading
        :return: its media type, and the end of its name
        :rtype: tuple[str, str]
        :raise IntegrationError: 3CX does not hand it out; see `_explain_silence`
        """
        self.ensure_one()
        with self.pbx_id._api(max_retries=0, max_seconds=LISTEN_SECONDS) as api_client:
            answer = api_client.download_recording(self.recording_ref, target)
        target.seek(0)
        found = sound_type(answer.headers.get("Content-Type", ""), target.read(HEAD))
        if not found:
            raise PayloadError("The telephone system sent something that is no sound.")
        return found

    def _explain_silence(self, error):
        """Why the recording cannot be heard, for people.

        :param IntegrationError error: of `_download_recording`
        :rtype: str
        """
        self.ensure_one()
        if isinstance(error, RejectedError) and error.code == 404:
            return self.env._(
                "3CX does not have this recording any more: it was deleted or moved there."
            )
        # 400: the key itself; see ThreecxApi
        if isinstance(error, AuthError) and error.code in (401, 403):
            return self.env._(
                "3CX does not hand out recordings to Odoo: the API client made for Odoo needs the "
                "role “System Owner” for that. Ask whoever manages your telephone system."
            )
        if isinstance(error, RetryableError):
            return self.env._(
                "3CX does not answer just now, or takes too long. Try again in a few minutes."
            )
        if isinstance(error, PayloadError):
            return self.env._("What 3CX sent cannot be played: it is no sound, or too large.")
        return self.pbx_id._explain(error)
