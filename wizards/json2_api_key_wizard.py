from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .. import series
from ..identity.person import check_web_client, identity_checked
from ..models.json2_api_key import MANAGER

NEVER = "never"
CUSTOM = "custom"


class Json2ApiKeyWizard(models.TransientModel):
    """Asks what a new key is for. The record never holds the key itself."""

    _name = "json2.api.key.wizard"
    _description = "Generate JSON-2 API Key"
    _inherit = "json2.api.key.restrictions"

    name = fields.Char(string="Description", required=True)
    # For the form only; what the user may do is checked when the key is made.
    is_manager = fields.Boolean(default=lambda self: self.env.user.has_group(MANAGER))
    owner = fields.Selection(
        [("user", "An existing user"), ("bot", "A new bot user")], string="For", required=True, default="user"
    )
    user_id = fields.Many2one("res.users", default=lambda self: self.env.user)
    bot_name = fields.Char(
        string="Name of the Bot", help="A user without a password, who can do nothing but call the API."
    )
    duration = fields.Selection(selection="_selection_duration", string="Expires In", required=True, default="30")
    expiration_date = fields.Datetime(string="Expires On")

    @api.constrains("name", "bot_name")
    def _check_names(self):
        self._check_line("name")
        self._check_line("bot_name")

    @api.model
    def _selection_duration(self):
        """Return the durations that the current user may choose from, in days.

        :rtype: list[tuple[str, str]]
        """
        keys = self.env["json2.api.key"]
        maximum = int(keys._parameter("maximum_lifetime", "0"))
        durations = [("1", _("1 day")), ("7", _("1 week")), ("30", _("1 month")), ("90", _("3 months"))]
        allowed = [item for item in durations if not maximum or int(item[0]) <= maximum]
        allowed.append((CUSTOM, _("a date of your choice")))
        if self.env.user.has_group(MANAGER) and keys._parameter("never_expires") == "True":
            allowed.append((NEVER, _("never expires")))
        return allowed

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        offered = [duration for duration, _label in self._selection_duration()]
        if values.get("duration") not in offered:
            values["duration"] = offered[0]
        return values

    def action_generate(self):
        """Make the key and show it, once, to a person who has proved who he is.

        :return: the action that shows the key, or the host's that asks for the password
        :rtype: dict
        :raise AccessError: outside of the web client, or when the current user must not make a key for that user
        :raise UserError: when the expiration is not allowed
        """
        check_web_client(self.env)
        # Before the password is asked for: that closes the dialog, and with it what was filled in.
        self._check()
        return self._make_key()

    @identity_checked
    def _make_key(self):
        self._check()
        keys = self.env["json2.api.key"]
        user = self._create_bot() if self.owner == "bot" else self.user_id
        keys._check_user(user)
        key, secret = keys._generate(self.name, user, self._expiration_date(), **self._restriction_values())
        self.sudo().unlink()
        return key._show(secret)

    def _check(self):
        self.ensure_one()
        keys = self.env["json2.api.key"]
        keys._check_lifetime(self._expiration_date())
        keys._check_limit(self.rate_limit, self.rate_period)
        if self.owner == "bot" and not self.bot_name:
            raise UserError(_("Give the bot a name."))
        if self.owner == "user" and not self.user_id:
            raise UserError(_("Choose the user that the key is for."))

    def _expiration_date(self):
        if self.duration == NEVER:
            return False
        if self.duration == CUSTOM:
            if not self.expiration_date:
                raise UserError(_("Choose the date on which the key expires."))
            return self.expiration_date
        return fields.Datetime.now() + timedelta(days=int(self.duration))

    def _create_bot(self):
        """Create a user without a password, with the rights of the current one to do so."""
        login = "bot-" + "-".join(self.bot_name.lower().split())
        return self.env["res.users"].with_context(no_reset_password=True).create({
            "name": self.bot_name,
            "login": login,
            # Not what the template of new users holds.
            series.USER_GROUPS: [(6, 0, self.env.ref("base.group_user").ids)],
        })
