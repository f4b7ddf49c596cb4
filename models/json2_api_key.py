from hmac import compare_digest

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..dispatch.credentials import Credentials
from ..protocol import key as key_format

RATE_PERIODS = [("minute", "per minute"), ("hour", "per hour"), ("day", "per day")]


class Json2ApiKey(models.Model):
    _name = "json2.api.key"
    _description = "JSON-2 API Key"
    _order = "create_date desc, id desc"

    name = fields.Char(string="Description", required=True, help="What the key is for.")
    user_id = fields.Many2one(
        "res.users",
        string="User",
        required=True,
        index=True,
        ondelete="cascade",
        help="Calls made with the key have the access rights of this user.",
    )
    prefix = fields.Char(string="Key", readonly=True, help="The first characters of the key, to recognise it by.")
    digest = fields.Char(required=True, readonly=True, copy=False, groups=fields.NO_ACCESS)
    expiration_date = fields.Datetime(help="From this moment on the key is refused. Empty: it never expires.")
    active = fields.Boolean(default=True, help="An archived key is refused.")
    rate_limit = fields.Integer(help="Calls that the key may make in a period. 0: the limit of the settings, if any.")
    rate_period = fields.Selection(RATE_PERIODS, default="minute", required=True)

    @api.constrains("rate_limit")
    def _check_rate_limit(self):
        if any(key.rate_limit < 0 for key in self):
            raise ValidationError(_("A rate limit cannot be negative. Enter 0 for the limit of the settings."))

    def init(self):
        # A constraint would be declared one way on Odoo 19 and another before; the index is the same on all.
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS json2_api_key_digest_unique ON json2_api_key (digest)"
        )

    @api.model
    def _generate(self, name, user, expiration_date=None):
        """Make a key. The secret is returned here, once, and kept nowhere.

        :param str name: what the key is for
        :param odoo.models.BaseModel user: whose rights its calls have
        :param datetime.datetime | None expiration_date: in UTC; None: never
        :return: ``(record, secret)``
        :rtype: tuple
        """
        secret = key_format.generate()
        record = self.create({
            "name": name,
            "user_id": user.id,
            "prefix": key_format.visible_part(secret),
            "digest": key_format.digest(secret),
            "expiration_date": expiration_date,
        })
        return record, secret

    @api.model
    def _authenticate(self, secret):
        """Return what a key stands for.

        One look-up by a unique index, in SQL because it is part of every call; none at all for a mistyped key.

        :param str secret: what the client sent
        :return: None when the key is unknown, archived or expired, or its user is archived
        :rtype: Credentials | None
        """
        if not key_format.is_well_formed(secret):
            return None
        digest = key_format.digest(secret)
        self.env.cr.execute(
            """
            SELECT key.digest, key.user_id, key.id, key.rate_limit, key.rate_period
              FROM json2_api_key key
              JOIN res_users ON res_users.id = key.user_id
             WHERE key.digest = %s
               AND key.active
               AND res_users.active
               AND (key.expiration_date IS NULL OR key.expiration_date > now() AT TIME ZONE 'utc')
            """,
            [digest],
        )
        row = self.env.cr.fetchone()
        return Credentials(*row[1:]) if row and compare_digest(row[0], digest) else None
