from unicodedata import category

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..protocol import restrictions

NAME_LENGTH = 128
LIST_LENGTH = 1000
# Control characters, separators of lines and of paragraphs.
_NOT_ON_ONE_LINE = ("Cc", "Zl", "Zp")

RATE_PERIODS = [("minute", "per minute"), ("hour", "per hour"), ("day", "per day")]


class Json2ApiKeyRestrictions(models.AbstractModel):
    """What a key and the wizard that makes it have in common. Nothing set: everything that the user may."""

    _name = "json2.api.key.restrictions"
    _description = "Restrictions of a JSON-2 API Key"

    allowed_models = fields.Char(help="Models that the key is for, such as: sale.*, res.partner. Empty: every model.")
    allowed_methods = fields.Char(help="Methods that the key is for, such as: read, search*. Empty: every method.")
    read_only = fields.Boolean(
        string="Read-only",
        help="The database refuses whatever a call with this key tries to change.",
    )
    allowed_networks = fields.Char(
        help="Networks that the key may be used from, such as: 192.0.2.0/24, 2001:db8::/32. Empty: everywhere."
    )

    rate_limit = fields.Integer(
        help="How many calls the key may make in a period. 0: the limit of the settings, if there is one."
    )
    rate_period = fields.Selection(RATE_PERIODS, default="minute", required=True)

    @api.constrains("rate_limit")
    def _check_rate_limit(self):
        if any(record.rate_limit < 0 for record in self):
            raise ValidationError(_("A rate limit cannot be negative. Enter 0 for the limit of the settings."))

    @api.constrains("allowed_models", "allowed_methods", "allowed_networks")
    def _check_restrictions(self):
        for record in self:
            record._check_list("allowed_models", restrictions.check_patterns)
            record._check_list("allowed_methods", restrictions.check_patterns)
            record._check_list("allowed_networks", restrictions.check_networks)

    def _check_line(self, name):
        """Refuse a name that would fill the log, or look like several rows of it.

        :param str name: of a field
        :raise ValidationError:
        """
        self._check_length(name, NAME_LENGTH)
        for record in self:
            is_line = not any(category(character) in _NOT_ON_ONE_LINE for character in record[name] or "")
            if not is_line and not record._is_inherited(name):
                label = self._fields[name]._description_string(self.env)
                raise ValidationError(_("%(field)s cannot contain line breaks or other control characters.", field=label))

    def _check_length(self, name, length):
        for record in self:
            if len(record[name] or "") > length and not record._is_inherited(name):
                label = self._fields[name]._description_string(self.env)
                raise ValidationError(_("%(field)s can have at most %(length)d characters.", field=label, length=length))

    def _is_inherited(self, name):
        """Tell whether a value was there before the rules for it, and only goes on."""
        return False

    def _check_list(self, name, check):
        self._check_length(name, LIST_LENGTH)
        try:
            check(self[name])
        except ValueError as exc:
            label = self._fields[name]._description_string(self.env)
            message = _("%(field)s: %(value)r is not valid.", field=label, value=exc.args[0])
            raise ValidationError(message) from exc

    def _restriction_values(self):
        """Return the values of one record's restrictions.

        :rtype: dict
        """
        self.ensure_one()
        names = self.env["json2.api.key.restrictions"]._fields
        return {name: self[name] for name in names if name not in models.MAGIC_COLUMNS and name != "display_name"}
