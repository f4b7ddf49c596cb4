from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

from .. import audit, parameters, series
from ..transaction import commit_batch

RETENTION_BATCH = 10_000


class Json2ApiLog(models.Model):
    """One row for every call. Rows are written by :mod:`..audit` and removed by the retention, and by no one
    else: nobody has the access right to, nor could give it to himself."""

    _name = "json2.api.log"
    _description = "JSON-2 API Call"
    # The rows of calls that only read are written a moment later than the call: the ids do not tell the order.
    _order = "create_date desc, id desc"
    _rec_name = "method"
    _log_access = False

    create_date = fields.Datetime(string="Time", readonly=True, index=True)
    key_id = series.Many2oneUnchecked("json2.api.key", string="Key", readonly=True)
    key_name = fields.Char(string="Key Description", readonly=True, help="As it was at the time of the call.")
    user_id = series.Many2oneUnchecked("res.users", string="User", readonly=True)
    user_login = fields.Char(string="Deleted User", readonly=True, help="The login of a user who has been deleted since.")
    ip = fields.Char(string="Client", readonly=True)
    endpoint = fields.Char(readonly=True)
    model = fields.Char(readonly=True)
    method = fields.Char(readonly=True)
    id_count = fields.Integer(string="Number of Records", readonly=True)
    record_ids = fields.Char(string="Record IDs", readonly=True)
    status = fields.Integer(string="HTTP Status", readonly=True, **series.aggregation(None))
    outcome = fields.Selection(
        [("success", "Success"), ("client_error", "Client error"), ("server_error", "Server error")], readonly=True
    )
    duration = fields.Float(string="Duration (ms)", readonly=True, digits=(12, 1), **series.aggregation("avg"))
    error_name = fields.Char(string="Error", readonly=True)
    error_message = fields.Text(readonly=True)
    traceback = fields.Text(readonly=True, groups="base.group_system")
    arguments = fields.Text(readonly=True)
    user_agent = fields.Char(readonly=True)
    request_size = fields.Integer(string="Request Size (bytes)", readonly=True)
    response_size = fields.Integer(string="Response Size (bytes)", readonly=True)
    request_id = fields.Char(string="Request ID", readonly=True, index=True)
    repetitions = fields.Integer(
        readonly=True,
        help="How many requests this row stands for. Only the first refused requests of a flood have rows of their own; the "
        "others are counted. A row without a client stands for requests from many addresses.",
    )

    def init(self):
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS json2_api_log_key_id_create_date ON json2_api_log (key_id, create_date);
            -- For the beginning of an address too.
            CREATE INDEX IF NOT EXISTS json2_api_log_ip ON json2_api_log (ip varchar_pattern_ops);
            """
        )
        audit.lock(self.env.cr)

    # pylint: disable=method-required-super,no-raise-unlink
    @api.model_create_multi
    def create(self, vals_list):
        raise self._append_only()

    def write(self, vals):
        raise self._append_only()

    def unlink(self):
        raise self._append_only()

    # pylint: enable=method-required-super,no-raise-unlink

    def _append_only(self):
        return AccessError(_("The API log cannot be changed. Calls add to it, and the retention removes old rows."))

    def action_records(self):
        """Open the records that the call was made on.

        :rtype: dict
        """
        self.ensure_one()
        ids = [int(item) for item in (self.record_ids or "").split(",") if item]
        if not ids or self.model not in self.env:
            raise UserError(_("This call was not made on records that can be opened."))
        return {
            "type": "ir.actions.act_window",
            "name": self.model,
            "res_model": self.model,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", ids)],
        }

    @api.model
    def _forget(self, column, ids):
        """Let no row point to what is about to be deleted; the database does not see to it, see Many2oneUnchecked.

        :param str column: ``key_id`` or ``user_id``
        :param list[int] ids: of the records
        """
        logins = {}
        if column == "user_id":
            users = self.env["res.users"].sudo().with_context(active_test=False).search([("id", "in", list(ids))])
            logins = {user.id: user.login for user in users}
        audit.forget(self.env.cr, column, {record_id: logins.get(record_id) for record_id in ids})
        self.env[self._name].invalidate_model([column, "user_login"])

    @api.autovacuum
    def _gc_old_calls(self):
        """Remove the rows that are older than the settings say, in batches that hold no lock for long."""
        days = parameters.integer(self.env, "log_retention")
        if not days:
            return
        before = fields.Datetime.now() - timedelta(days=days)
        self._keep_last_uses()
        while self._remove_batch(before) == RETENTION_BATCH:
            commit_batch(self.env)

    def _keep_last_uses(self):
        """Note on each key when it was last used, before the row that tells so is removed."""
        for key in self.env["json2.api.key"].with_context(active_test=False).search([]):  # pylint: disable=no-search-all
            if key.last_use_date and key.last_use_date != key.kept_last_use_date:
                key.write({"kept_last_use_date": key.last_use_date, "kept_last_use_ip": key.last_use_ip})

    def _remove_batch(self, before):
        """Remove a batch of rows; the ORM would read each of them first.

        :return: how many were removed
        :rtype: int
        """
        query = """
            DELETE FROM json2_api_log
             WHERE id IN (SELECT id FROM json2_api_log WHERE create_date < %s ORDER BY create_date LIMIT %s)
        """
        with audit.unlocked(self.env.cr):
            self.env.cr.execute(query, [before, RETENTION_BATCH])
            return self.env.cr.rowcount
