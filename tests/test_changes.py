from odoo.tests import TransactionCase, tagged

from ..dispatch.changes import only_reads

READS = (
    'SELECT "res_partner".id FROM "res_partner" WHERE ("res_partner"."active" IN %s) ORDER BY "res_partner"."name" LIMIT 5',
    'SELECT COUNT(*) FROM "res_partner"',
    'SELECT "res_users"."share", "res_users"."update" FROM "res_users"',
    "\n  SELECT COALESCE(name->>%s, name->>'en_US'), update_date FROM x WHERE lower(unaccent(y)) like any(%s)",
    "WITH latest AS (SELECT max(id) FROM x) SELECT * FROM latest",
    "(SELECT 1) UNION (SELECT 2)",
    "SELECT id FROM x\n   -- see #99695 --\n WHERE y",
    'SAVEPOINT "a"',
    'ROLLBACK TO SAVEPOINT "a"',
    "RELEASE SAVEPOINT a",
    "SET TRANSACTION READ ONLY",
)
CHANGES = (
    "INSERT INTO x VALUES (1)",
    "update x set y = 1",
    "DELETE FROM x",
    "WITH gone AS (DELETE FROM x RETURNING id) SELECT id FROM gone",
    "SELECT id FROM x FOR UPDATE NOWAIT",
    "SELECT id FROM x FOR NO KEY UPDATE",
    "SELECT id FROM x FOR SHARE",
    "SELECT id INTO y FROM x",
    "SELECT nextval('x_seq')",
    "SELECT setval ('x_seq', 1)",
    'SELECT "anything"(1)',
    "SELECT public.anything(1)",
    "SELECT lower(anything(name)) FROM x",
    "SELECT 1; DROP TABLE x",
    'WITH a AS (SELECT 1) UPDATE"x" SET y = 1',
    "SELECT setval/**/('x_seq', 1)",
    "SELECT setval -- \n('x_seq', 1)",
    "SELECT setval\n--\n('x_seq', 1)",
    "SAVEPOINT a; DELETE FROM x",
    "CALL anything()",
    "DO $$ BEGIN END $$",
    "COPY x FROM STDIN",
    "CREATE TABLE x (id int)",
    "TRUNCATE x",
    "SET LOCAL lock_timeout = 1",
    "REFRESH MATERIALIZED VIEW x",
    "NOTIFY x",
    "EXPLAIN ANALYZE DELETE FROM x",
    "",
)


@tagged("post_install", "-at_install")
class TestChanges(TransactionCase):
    def test_reads(self):
        for query in READS:
            self.assertTrue(only_reads(query), query)

    def test_changes(self):
        for query in CHANGES:
            self.assertFalse(only_reads(query), query)

    def test_what_the_host_sends_to_read(self):
        """Its own reading is recognised, or calls would pay for nothing."""
        statements = []
        partners = self.env["res.partner"].with_user(self.env.ref("base.user_admin"))
        execute = self.env.cr.execute

        def recorded(query, *args, **kwargs):
            statements.append(getattr(query, "code", query))
            return execute(query, *args, **kwargs)

        self.env.invalidate_all()
        self.env.cr.execute = recorded
        self.addCleanup(lambda: self.env.cr.__dict__.pop("execute", None))
        partners.search_read([("name", "ilike", "a"), ("user_ids.login", "!=", "x")], ["name", "category_id", "country_id"])
        partners.search_count([("country_id.code", "=", "ES")])
        partners.name_search("a")
        partners.search([], limit=1).read()
        self.assertTrue(statements)
        for query in statements:
            self.assertTrue(only_reads(query), query)
