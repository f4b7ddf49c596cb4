import logging
from datetime import timedelta
from email.message import EmailMessage

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.http import request
from odoo.tools.misc import clean_context

from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT

from .. import series
from ..dispatch import parameters
from ..dispatch.identity import (
    check_web_client,
    identity_checked,
    is_by_session,
    is_identity_checked,
    request_credentials,
)
from ..protocol import key as key_format
from ..protocol.restrictions import split
from ..protocol.sparkline import sparkline

_logger = logging.getLogger(__name__)

MANAGER = "json2_backport.group_json2_manager"
USAGE_DAYS = 7
# What a manager may change of a key. Its secret is known to somebody: it never passes to another user.
EDITABLE = frozenset([
    "name", "active", "expiration_date", "log_arguments",
    "allowed_models", "allowed_methods", "read_only", "allowed_networks", "rate_limit", "rate_period",
])  # fmt: skip


class Json2ApiKey(models.Model):
    _name = "json2.api.key"
    _description = "JSON-2 API Key"
    _inherit = "json2.api.key.restrictions"
    _order = "create_date desc, id desc"

    name = fields.Char(string="Description", required=True, help="What the key is for.")
    user_id = fields.Many2one(
        "res.users",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Calls made with the key have the access rights of this user.",
    )
    prefix = fields.Char(string="Key", readonly=True, help="The first characters of the key, to recognise it by.")
    expiration_date = fields.Datetime(help="From this moment on the key is refused. Empty: it never expires.")
    lifetime = fields.Integer(
        string="Lifetime (days)",
        readonly=True,
        help="How long the key was made to live; its successors do as well. 0: for ever.",
    )
    active = fields.Boolean(default=True, help="An archived key is refused.")
    predecessor_id = fields.Many2one(
        "json2.api.key",
        string="Rotated From",
        readonly=True,
        index=True,
        ondelete="set null",
        help="The key that this one has replaced. Archiving that one archives this one too.",
    )
    successor_ids = fields.One2many("json2.api.key", "predecessor_id", string="Rotated Into")
    log_arguments = fields.Selection(
        [("never", "Never"), ("errors", "For errors"), ("always", "Always")],
        string="Keep Arguments",
        help="When the log keeps the arguments of calls with this key. Empty: as the settings say.",
    )
    # What the log said when its old rows were removed.
    kept_last_use_date = fields.Datetime(readonly=True)
    kept_last_use_ip = fields.Char(readonly=True)
    warned_days = fields.Integer(readonly=True, default=0, help="The last warning before expiry was for this many days.")
    # Who has been sent that warning: the others are written to at the next run.
    warned_user_ids = fields.Many2many("res.users", "json2_api_key_warned_user_rel", "key_id", "user_id", readonly=True)

    is_expired = fields.Boolean(compute="_compute_expiration")
    is_expiring = fields.Boolean(string="Expires Soon", compute="_compute_expiration")
    expiration_text = fields.Char(string="Expiration", compute="_compute_expiration")
    last_use_date = fields.Datetime(string="Last Use", compute="_compute_usage")
    last_use_ip = fields.Char(string="Last Used From", compute="_compute_usage")
    calls_week = fields.Integer(string="Calls (7 Days)", compute="_compute_usage")
    calls_graph = fields.Char(
        string="Last 7 Days", compute="_compute_usage", help="Calls on each of the last seven days, today at the end."
    )

    def init(self):
        # Columns that are no fields can be read, searched, written and exported by nobody. With odoo_index and
        # odoo_hash the key can become one of the user's own keys on Odoo 19, under the same secret: they can be
        # computed only while the secret is known, and take no part in a call.
        self.env.cr.execute(
            """
            ALTER TABLE json2_api_key ADD COLUMN IF NOT EXISTS digest varchar;
            ALTER TABLE json2_api_key ADD COLUMN IF NOT EXISTS odoo_index varchar;
            ALTER TABLE json2_api_key ADD COLUMN IF NOT EXISTS odoo_hash varchar;
            CREATE UNIQUE INDEX IF NOT EXISTS json2_api_key_digest_unique ON json2_api_key (digest);
            """
        )

    # ------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------

    @api.depends("expiration_date")
    @api.depends_context("lang")
    def _compute_expiration(self):
        now = fields.Datetime.now()
        warning = timedelta(days=max(self._warning_days(), default=0))
        for key in self:
            left = key.expiration_date and key.expiration_date - now
            key.is_expired = bool(key.expiration_date) and left <= timedelta()
            key.is_expiring = bool(key.expiration_date) and timedelta() < left <= warning
            key.expiration_text = self._expiration_text(left)

    @api.model
    def _expiration_text(self, left):
        """Say in words how long a key lives.

        :param timedelta | bool left: False: for ever
        :rtype: str
        """
        if left is False:
            return _("never expires")
        if left <= timedelta():
            return _("expired")
        days = -(-left // timedelta(days=1))
        return _("expires within a day") if days == 1 else _("expires in %(days)d days", days=days)

    def _compute_usage(self):
        last_uses = self._last_uses()
        days = self._calls_by_day()
        for key in self:
            kept = (key.kept_last_use_date, key.kept_last_use_ip)
            key.last_use_date, key.last_use_ip = last_uses.get(key.id, kept)
            key.calls_week = sum(days.get(key.id, []))
            key.calls_graph = sparkline(days.get(key.id, [0] * USAGE_DAYS))

    def _last_uses(self):
        """Return ``{key id: (date, ip)}``. One step down an index for each key, which the ORM cannot express.

        Asked for one key, PostgreSQL could walk back through all calls until it meets one of it. Asked for a range of
        keys, in their order, it takes the index that has them.
        """
        self.env.cr.execute(
            """
            SELECT key.id, log.create_date, log.ip
              FROM unnest(%s) AS key(id)
              JOIN LATERAL (SELECT create_date, ip FROM json2_api_log
                             WHERE key_id BETWEEN key.id AND key.id
                             ORDER BY key_id DESC, create_date DESC LIMIT 1) log ON true
            """,
            [self.ids],
        )
        return {key_id: (date, ip) for key_id, date, ip in self.env.cr.fetchall()}

    def _calls_by_day(self):
        """Return ``{key id: calls on each of the last days, oldest first}``."""
        today = fields.Date.today()
        first = today - timedelta(days=USAGE_DAYS - 1)
        self.env.cr.execute(
            """
            SELECT key_id, create_date::date, count(*)
              FROM json2_api_log
             WHERE key_id = ANY(%s) AND create_date >= %s
             GROUP BY 1, 2
            """,
            [self.ids, first],
        )
        days = {}
        for key_id, day, count in self.env.cr.fetchall():
            calls = days.setdefault(key_id, [0] * USAGE_DAYS)
            calls[min((day - first).days, USAGE_DAYS - 1)] += count
        return days

    # ------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------

    @api.model
    def _parameter(self, name, default=""):
        return parameters.text(self.env, name) or default

    @api.model
    def _warning_days(self):
        """Return the numbers of days before expiry at which the people concerned are warned.

        :rtype: list[int]
        """
        return [int(item) for item in split(self._parameter("warning_days")) if item.isdigit()]

    @api.model
    def _check_lifetime(self, expiration_date):
        """Refuse an expiration date that the settings do not allow.

        :param datetime.datetime | bool expiration_date: in UTC; False: never
        :raise UserError: when the date has passed, is too far away, or there has to be one
        """
        now = fields.Datetime.now()
        if not expiration_date:
            if not self.env.user.has_group(MANAGER):
                raise UserError(_("The key needs an expiration date."))
            if self._parameter("never_expires") != "True":
                raise UserError(_("The settings do not allow keys that never expire."))
            return
        if expiration_date <= now:
            raise UserError(_("The expiration date has already passed."))
        maximum = int(self._parameter("maximum_lifetime", "0"))
        # An hour of grace: "in 90 days" is said some time before it is saved.
        if maximum and expiration_date > now + timedelta(days=maximum, hours=1):
            raise UserError(_("A key may live for at most %(days)d days.", days=maximum))

    @api.model
    def _check_user(self, user):
        """Refuse to make a key for somebody whose rights the current user must not borrow.

        :raise AccessError: for another's key without being a manager, or an administrator's without being one
        """
        if user == self.env.user:
            return
        if not self.env.user.has_group(MANAGER):
            raise AccessError(_("You can generate keys for yourself only."))
        # Who may change access rights can give himself the rest.
        for group in ("base.group_system", "base.group_erp_manager"):
            if user.has_group(group) and not self.env.user.has_group(group):
                raise AccessError(_("Only an administrator can generate a key of an administrator."))

    @api.constrains("user_id")
    def _check_public_user(self):
        for key in self:
            if key.user_id.has_group("base.group_public"):
                raise ValidationError(_("The public user cannot have API keys."))

    def _check_own(self):
        """Refuse a person who is no manager to touch another's keys.

        :raise AccessError:
        """
        if not self.env.user.has_group(MANAGER) and self.sudo().user_id - self.env.user:
            raise AccessError(_("You can change your own keys only."))

    def write(self, vals):
        if not self.env.su:
            self._check_write(vals)
        if "expiration_date" in vals:
            vals = dict(vals, warned_days=0)
        if "expiration_date" in vals and not self.env.su:
            # A person has changed how long the key lives; a rotation, which shortens it, does so as superuser.
            date = fields.Datetime.to_datetime(vals["expiration_date"] or False)
            vals["lifetime"] = _days(date and date - fields.Datetime.now())
        result = super().write(vals)
        if "active" in vals and not vals["active"]:
            self._archive_successors()
        return result

    def unlink(self):
        # Who removes what has expired is tidying up, and does not want to stop the keys that have replaced it.
        self.filtered(lambda key: not key.is_expired)._archive_successors()
        self.env["json2.api.log"]._forget("key_id", self.ids)
        return super().unlink()

    def _check_write(self, vals):
        """Refuse a manager what would hand a key to another, or widen what it may do for an administrator.

        :raise AccessError: for a value that only the addon itself may change, a key that is not his to govern, or a
            program that wants more than to archive
        """
        fixed = [name for name in vals if name not in EDITABLE]
        if fixed:
            raise AccessError(_("These values of a key cannot be changed: %s", ", ".join(fixed)))
        if vals.keys() - {"active"} or vals.get("active"):
            check_web_client(self.env)
            for user in self.user_id:
                self._check_user(user)
        if "expiration_date" in vals:
            self._check_lifetime(fields.Datetime.to_datetime(vals["expiration_date"] or False))
        if vals.get("active") and not is_identity_checked(self):
            raise AccessError(_("Use the action Unarchive: it asks you for your password."))

    def _archive_successors(self):
        """A leaked key may have rotated itself; what came of it goes with it."""
        keys = self.sudo().with_context(active_test=False)
        successors = keys.search([("predecessor_id", "in", self.ids)])
        if successors:
            successors.write({"active": False})

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_archive(self):
        """Refuse the keys from the next request on. Everybody may do so with his own."""
        self._check_own()
        return super(Json2ApiKey, self.sudo()).action_archive()

    @identity_checked
    def action_unarchive(self):
        """Accept the keys again, once the person has proved who he is.

        :return: what the web client does next, such as the host's action that asks for the password
        :rtype: dict | None
        """
        super().action_unarchive()
        return series.AFTER_UNARCHIVING

    @identity_checked
    def action_rotate(self):
        """Make a successor and show it, once, to a person who has proved who he is.

        :return: the action that shows the key, or the host's that asks for the password
        :rtype: dict
        """
        successor, secret = self._rotate()
        return successor._show(secret)

    def action_calls(self):
        """Open the calls that were made with the key.

        :rtype: dict
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("json2_backport.json2_api_log_action")
        return dict(action, domain=[("key_id", "in", self.ids)], context={})

    def rotate(self):
        """Let an integration replace its own key: call it on the key, or on nothing for the key of the call itself.

        The successor has the same user, restrictions and length of life. The old key stays good for the grace period.

        :return: ``{"id": int, "key": str, "expiration_date": str | False, "previous_expiration_date": str}``
        :rtype: dict
        :raise UserError: when there is no key to rotate
        :raise AccessError: for the key of another, or with nothing but a session
        """
        if is_by_session():
            # A session is short-lived. Whoever has stolen one does not get a key for it.
            raise AccessError(_("A person rotates keys in the web client, with the button Rotate."))
        key = self or self.browse(_request_key_id())
        if len(key.exists()) != 1:
            raise UserError(_("Name the key to rotate in ids, or call this with a JSON-2 API key."))
        if key.sudo().user_id != self.env.user:
            raise AccessError(_("A program can rotate keys of its own user only."))
        successor, secret = key._rotate()
        return {
            "id": successor.id,
            "key": secret,
            "expiration_date": fields.Datetime.to_string(successor.expiration_date),
            "previous_expiration_date": fields.Datetime.to_string(key.sudo().expiration_date),
        }

    def _rotate(self):
        self.ensure_one()
        key = self.sudo()
        self._check_user(key.user_id.sudo(False))
        now = fields.Datetime.now()
        if not key.active or key.is_expired:
            raise UserError(_("An archived or expired key cannot be rotated."))
        if _request_key_id() and _request_key_id() != key.id:
            raise AccessError(_("A call can rotate the key that it is made with, and no other."))
        successor, secret = key._generate(
            key.name,
            key.user_id,
            now + timedelta(days=self._bounded_lifetime(key.lifetime)) if key.lifetime else None,
            predecessor_id=key.id,
            **key._restriction_values(),
        )
        grace = now + timedelta(hours=int(self._parameter("grace_period", "0")))
        key.expiration_date = min(filter(None, [key.expiration_date, grace]))
        return successor.with_env(self.env), secret

    @api.model
    def _bounded_lifetime(self, days):
        maximum = int(self._parameter("maximum_lifetime", "0"))
        return min(days, maximum) if maximum else days

    def _show(self, secret):
        """Return the action that shows a new key. The secret is in this answer and nowhere else.

        :rtype: dict
        """
        return {
            "type": "ir.actions.act_window",
            "name": _("Your API Key"),
            "res_model": "json2.api.key.show",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": secret, "default_curl": self._curl(secret)},
        }

    def _curl(self, secret):
        url = request.httprequest.url_root if request else self.get_base_url() + "/"
        # On one line: the widget that shows it folds white space.
        return (
            f"curl {url}json/2/res.users/context_get -H 'X-Odoo-Database: {self.env.cr.dbname}'"
            f" -H 'Authorization: Bearer {secret}' -H 'Content-Type: application/json' -d '{{}}'"
        )

    # ------------------------------------------------------------
    # Warnings before expiry
    # ------------------------------------------------------------

    @api.model
    def _cron_warn(self):
        """Warn of every key that expires soon, once for each number of days in the settings."""
        now, warning_days = fields.Datetime.now(), self._warning_days()
        keys = self.search([
            ("expiration_date", ">", now),
            ("expiration_date", "<=", now + timedelta(days=max(warning_days, default=0))),
            ("user_id.active", "=", True),
            ("successor_ids", "=", False),  # rotated: whoever uses it has a new one
        ])
        for key in keys:
            try:
                with self.env.cr.savepoint():
                    key._warn(min(days for days in warning_days if key.expiration_date <= now + timedelta(days=days)))
            except Exception:
                # By its id: nothing else of it may be there any more.
                _logger.exception("The warning for the API key with the id %s failed.", key.id)
            # What was sent is remembered, whatever becomes of the rest.
            series.commit_batch(self.env)

    def _warn(self, days):
        """Write to the key's user and to whoever made it, unless that was done for so many days, or fewer.

        :param int days: the number of days in the settings that is due
        """
        if 0 < self.warned_days < days:
            return
        recipients = (self.user_id | self.create_uid).filtered(lambda user: user.active and user.email)
        if self.warned_days != days:
            self.write({"warned_days": days, "warned_user_ids": [(5,)]})
            if not recipients:
                _logger.warning("Nobody to warn that the API key %s %s.", self.prefix, self.expiration_text)
        for user in recipients - self.warned_user_ids:
            try:
                self.env["ir.mail_server"].sudo().send_email(self.with_context(lang=user.lang)._warning(user))
            except Exception:
                _logger.exception("The warning for the API key %s could not be sent to %s.", self.prefix, user.login)
            else:
                self.warned_user_ids |= user

    def _warning(self, user):
        """Return the mail to a user, in the language of the environment.

        :rtype: email.message.EmailMessage
        """
        name, recipient = _one_line(self.name), _one_line(user.email_formatted)
        # Of the standard library: how the host builds one has changed from series to series.
        message = EmailMessage()
        message["From"] = _one_line(self.env.company.partner_id.email_formatted) or recipient
        message["To"] = recipient
        message["Subject"] = _("The API key %(name)s %(expires)s", name=name, expires=self.expiration_text)
        message.set_content(
            _(
                "The API key %(name)s (%(prefix)s...) of %(user)s in %(database)s %(expires)s.\n\n"
                "Rotate it in time: JSON-2 API > API Keys > Rotate.",
                name=name,
                prefix=self.prefix,
                user=self.user_id.name,
                database=self.env.cr.dbname,
                expires=self.expiration_text,
            )
        )
        return message

    # ------------------------------------------------------------
    # Secrets
    # ------------------------------------------------------------

    @api.model
    def _generate(self, name, user, expiration_date=None, **values):
        """Make a key. The secret is returned here, once, and kept nowhere.

        :param str name: what the key is for
        :param odoo.models.BaseModel user: whose rights its calls have
        :param datetime.datetime | None expiration_date: in UTC; None: never
        :param values: values of further fields, such as restrictions
        :return: ``(record, secret)``
        :rtype: tuple
        """
        secret = key_format.generate()
        # The context may be a client's: its defaults are not for the key.
        keys = self.sudo().with_context(clean_context(self.env.context))  # pylint: disable=context-overridden
        record = keys.create({
            **values,
            "name": name,
            "user_id": user.id,
            "prefix": key_format.visible_part(secret),
            "expiration_date": expiration_date,
            "lifetime": _days(expiration_date and expiration_date - fields.Datetime.now()),
        })
        record.flush_recordset()
        self.env.cr.execute(
            "UPDATE json2_api_key SET digest = %s, odoo_index = %s, odoo_hash = %s WHERE id = %s",
            [key_format.digest(secret), secret[:INDEX_SIZE], KEY_CRYPT_CONTEXT.hash(secret), record.id],
        )
        return record.with_env(self.env), secret


def _one_line(text):
    """Return a text without line breaks, which no header of a mail may have."""
    return " ".join((text or "").split())


def _days(duration):
    """Return a duration in whole days, begun ones included; 0 for none."""
    return -(-duration // timedelta(days=1)) if duration else 0


def _request_key_id():
    """Return the id of the key that the current request was made with, if it was made with one of ours."""
    credentials = request_credentials()
    return credentials.key_id if credentials else None
