from odoo import fields, models

from ..series import Many2oneUnchecked


class Json2ApiLog(models.Model):
    """One row for every call. Rows are written by :mod:`..dispatch.audit` only."""

    _name = "json2.api.log"
    _description = "JSON-2 API Call"
    _order = "id desc"
    _rec_name = "method"
    _log_access = False

    create_date = fields.Datetime(string="Time", readonly=True, index=True)
    key_id = Many2oneUnchecked("json2.api.key", string="Key", readonly=True)
    key_name = fields.Char(string="Key Description", readonly=True, help="As it was at the time of the call.")
    user_id = Many2oneUnchecked("res.users", string="User", readonly=True)
    ip = fields.Char(string="Client", readonly=True)
    endpoint = fields.Char(readonly=True)
    model = fields.Char(readonly=True)
    method = fields.Char(readonly=True)
    id_count = fields.Integer(string="Number of Records", readonly=True)
    record_ids = fields.Char(string="Record IDs", readonly=True)
    status = fields.Integer(string="HTTP Status", readonly=True)
    duration = fields.Float(string="Duration (ms)", readonly=True, digits=(12, 2))
    error_name = fields.Char(string="Error", readonly=True)
    error_message = fields.Text(readonly=True)
    traceback = fields.Text(readonly=True)
    user_agent = fields.Char(readonly=True)
    request_size = fields.Integer(string="Request Size (bytes)", readonly=True)
    response_size = fields.Integer(string="Response Size (bytes)", readonly=True)
    request_id = fields.Char(string="Request ID", readonly=True, index=True)

    def init(self):
        self.env.cr.execute("CREATE INDEX IF NOT EXISTS json2_api_log_key_id_id ON json2_api_log (key_id, id)")
