from odoo import fields, models


class Json2ApiKeyShow(models.AbstractModel):
    """The dialog that shows a new key. It has no table: its fields live in the answer to the person who asked."""

    _name = "json2.api.key.show"
    _description = "New JSON-2 API Key"

    # The form view asks for an id.
    id = fields.Id()
    key = fields.Char(readonly=True)
    curl = fields.Text(string="Try It", readonly=True)
