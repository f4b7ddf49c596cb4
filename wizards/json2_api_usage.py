from datetime import timedelta

from markupsafe import Markup

from odoo import _, api, fields, models
from odoo.tools.misc import formatLang

from ..models.sparkline import sparkline

DAYS = 7
ROWS = 10


class Json2ApiUsage(models.TransientModel):
    """A page that sums the log up; every user sees the calls that he may see."""

    _name = "json2.api.usage"
    _description = "JSON-2 API Usage"

    name = fields.Char(default=lambda self: _("API Usage"))
    calls = fields.Integer(compute="_compute_usage")
    errors = fields.Integer(compute="_compute_usage")
    average_duration = fields.Char(compute="_compute_usage")
    calls_graph = fields.Char(string="Calls by Day", compute="_compute_usage")
    errors_graph = fields.Char(string="Errors by Day", compute="_compute_usage")
    busiest_keys = fields.Html(compute="_compute_usage", sanitize=False)
    slowest_methods = fields.Html(compute="_compute_usage", sanitize=False)

    @api.depends_context("uid")
    def _compute_usage(self):
        logs = self.env["json2.api.log"]
        first = fields.Date.today() - timedelta(days=DAYS - 1)
        domain = [("create_date", ">=", first)]
        failed = [*domain, ("outcome", "!=", "success")]
        for usage in self:
            usage.calls = logs.search_count(domain)
            usage.errors = logs.search_count(failed)
            usage.average_duration = self._average(domain)
            usage.calls_graph = self._by_day(domain, first)
            usage.errors_graph = self._by_day(failed, first)
            usage.busiest_keys = self._busiest_keys(domain)
            usage.slowest_methods = self._slowest_methods(domain)

    def _groups(self, domain, groupby):
        """Return ``[(values of the groups, number of calls, average duration)]``."""
        groups = self.env["json2.api.log"].read_group(domain, ["duration:avg"], groupby, lazy=False)
        names = [name.partition(":")[0] for name in groupby]
        return [
            (
                [group[full] if full in group else group[name] for full, name in zip(groupby, names)],
                group["__count"],
                group["duration"],
            )
            for group in groups
        ]

    def _average(self, domain):
        groups = self._groups(domain, ["outcome"])
        calls = sum(count for _values, count, _duration in groups)
        total = sum(count * (duration or 0) for _values, count, duration in groups)
        return _("%(duration)s ms", duration=self._milliseconds(total / calls)) if calls else ""

    def _milliseconds(self, duration):
        """Return a duration as people of the user's language write it."""
        return formatLang(self.env, duration or 0, digits=1)

    def _by_day(self, domain, first):
        logs = self.env["json2.api.log"]
        counts = []
        for day in (first + timedelta(days=number) for number in range(DAYS)):
            limits = [("create_date", ">=", day), ("create_date", "<", day + timedelta(days=1))]
            counts.append(logs.search_count([*domain, *limits]))
        return sparkline(counts)

    def _busiest_keys(self, domain):
        groups = sorted(self._groups(domain, ["key_name"]), key=lambda group: -group[1])
        rows = [(values[0] or _("(no key)"), count) for values, count, _duration in groups[:ROWS]]
        return _table([_("Key"), _("Calls")], rows)

    def _slowest_methods(self, domain):
        groups = sorted(self._groups(domain, ["model", "method"]), key=lambda group: -(group[2] or 0))
        rows = [
            (f"{values[0] or ''}/{values[1] or ''}", count, self._milliseconds(duration))
            for values, count, duration in groups[:ROWS]
        ]
        return _table([_("Method"), _("Calls"), _("Average (ms)")], rows)

    @api.model
    def action_open(self):
        """Open the page.

        :rtype: dict
        """
        return {
            "type": "ir.actions.act_window",
            "name": _("API Usage"),
            "res_model": self._name,
            "res_id": self.create({}).id,
            "views": [(False, "form")],
        }

    def action_graph(self):
        """Open the calls as a graph.

        :rtype: dict
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("json2_backport.json2_api_log_action")
        views = sorted(action["views"], key=lambda view: view[1] != "graph")
        return dict(action, views=views, view_mode=",".join(kind for _view, kind in views))

    def action_errors(self):
        """Open the calls that failed.

        :rtype: dict
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("json2_backport.json2_api_log_action")
        return dict(action, context={"search_default_filter_week": 1, "search_default_filter_errors": 1})


def _table(titles, rows):
    """Return an HTML table: a column of texts, and columns of numbers; the values are escaped."""
    head, body = _row("th", titles), Markup().join(_row("td", row) for row in rows)
    return Markup('<table class="table table-sm"><thead>{}</thead><tbody>{}</tbody></table>').format(head, body)


def _row(tag, values):
    text, *numbers = values
    cells = [Markup("<{0}>{1}</{0}>").format(tag, text)]
    cells += [Markup('<{0} class="text-end">{1}</{0}>').format(tag, number) for number in numbers]
    return Markup("<tr>{}</tr>").format(Markup().join(cells))
