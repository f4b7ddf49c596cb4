"""What a read-only key tries. Everything is one transaction here; the tests of running servers show the real thing."""
import json
import threading
from contextlib import ExitStack, closing
from unittest.mock import patch

from markupsafe import Markup
from psycopg2 import sql
from psycopg2.errors import ReadOnlySqlTransaction

from odoo import fields
from odoo.http import request
from odoo.sql_db import PsycoConnection, db_connect
from odoo.tools import mute_logger
from odoo.tools.func import lazy

from ..dispatch import read_only
from ..transaction import has_changed
from .test_attacks import AttackCase

WRITABLE_AGAIN = (
    "SET default_transaction_read_only = off",
    "SET LOCAL transaction_read_only TO false",
    'set session "default_transaction_read_only" = off',
    'SET U&"default_transaction\\005fread_only" = off',
    "SELECT set_config('default_' || 'transaction_' || 'read_' || 'only', 'off', false)",
    "SET TRANSACTION READ WRITE",
    "COMMIT; BEGIN READ WRITE; SELECT 1",
    "START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ/* */WRITE",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ\n--\rWRITE",
    "RESET ALL",
    "DISCARD/**/ALL",
    "DO $$BEGIN END$$",
    "/* */DO LANGUAGE plpgsql 'BEGIN END'",
    "SELECT 1;\rDO 'BEGIN END'",
)
STILL_READ_ONLY = (
    "COMMIT",
    "SELECT read_only FROM json2_api_key",
    "SELECT perm_read, perm_write FROM ir_model_access",
    'SELECT "res_partner"."write_date" FROM "res_partner" -- whom to do business with',
    "SELECT id FROM x WHERE reset IS NULL",
    "SET LOCAL statement_timeout = 1000",
    "SET TRANSACTION READ ONLY",
    "SHOW lock_timeout",
    "SELECT setting FROM pg_settings WHERE name = %s",
)


class TestReadOnlyCalls(AttackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.record, cls.read_only = cls.generate(cls.admin, read_only=True)

    def call(self, method, key=None):
        """Call a method of the partner that is this one."""
        # The name of a method that every host has.
        with patch.object(type(self.partner), "get_metadata", method):
            return self.post("res.partner/get_metadata", {"ids": self.partner.ids}, key=key or self.read_only)

    def assert_refused(self, method):
        with mute_logger("odoo.sql_db"):
            self.assert_forbidden(self.call(method), "read-only")
        self.assertEqual(self.stored(self.partner, "ref"), ("before",))

    def test_the_end_of_the_transaction_is_not_that_of_the_mode(self):
        for end in ("commit", "rollback"):
            with self.subTest(end):
                def write(records, end=end):
                    getattr(records.env.cr, end)()
                    records.ref = "after"

                self.assert_refused(write)

    def test_a_method_may_end_its_transaction(self):
        """It changes nothing by that."""
        def read(records):
            records.env.cr.commit()
            records.env.cr.rollback()
            with records.env.registry.cursor() as cr:
                return records.with_env(records.env(cr=cr)).ref

        self.assertEqual(self.assert_status(self.call(read), 200).json(), "before")

    def test_another_cursor(self):
        def write(records):
            with records.env.registry.cursor() as cr:
                records.with_env(records.env(cr=cr)).ref = "after"

        self.assert_refused(write)

    def test_the_request_has_the_same_environment(self):
        """``request.env`` is another way to the cursor."""
        def write(records):
            request.env["res.partner"].browse(records.id).ref = "after"

        self.assert_refused(write)

    def test_hooks(self):
        """What is left for before the commit is refused, and what is left for afterwards is not done."""
        called = []

        def read(records):
            records.env.cr.postcommit.add(lambda: called.append(1))

        def write(records):
            records.env.cr.precommit.add(lambda: records.write({"ref": "after"}))

        self.assert_status(self.call(read), 200)
        self.assertEqual(called, [])
        self.assert_refused(write)

    def test_results(self):
        """As of any other key."""
        def result(records):
            return [records, records.ids, Markup("<b>x</b>"), fields.Date.to_date("2026-01-02"), b"x",
                    {"lazy": lazy(lambda: records.search_count([("id", "=", records.id)]))}]

        answer = self.assert_status(self.call(result), 200).json()
        self.assertEqual(answer[1:], [self.partner.ids, "<b>x</b>", "2026-01-02", "x", {"lazy": 1}])
        self.assertEqual(answer, self.call(result, key=self.key).json())
        self.assertEqual(self.assert_status(self.call(lambda records: records), 200).json(), self.partner.ids)

    def test_other_calls_of_a_batch(self):
        """They write before and after it, and their hooks are their own."""
        def params(key, method, **kwargs):
            return {"jsonrpc": "2.0", "id": 1, "method": "call", "params": {
                "model": "res.partner", "method": method, "api_key": key, "kwargs": {"ids": self.partner.ids, **kwargs}}}

        read = params(self.read_only, "read", fields=["ref"])
        calls = [params(self.key, "write", vals={"ref": "1"}), read, params(self.read_only, "write", vals={"ref": "2"}),
                 params(self.key, "write", vals={"ref": "3"}), read]
        with mute_logger("odoo.sql_db"):
            response = self.url_open(
                "/jsonrpc2", data=json.dumps(calls).encode(), headers={"Content-Type": "application/json"})
        answers = response.json()
        self.assertEqual(answers[1]["result"], [{"id": self.partner.id, "ref": "1"}])
        self.assertEqual(answers[2]["error"]["data"]["message"], "This API key is read-only.")
        self.assertEqual(answers[4]["result"], [{"id": self.partner.id, "ref": "3"}])
        self.assertEqual(self.stored(self.partner, "ref"), ("3",))


class TestReadOnlyConnections(AttackCase):
    """On connections of their own, since that of the test is its one transaction."""

    def connect(self):
        return closing(db_connect(self.env.cr.dbname).cursor())

    def test_they_write_no_more(self):
        with read_only._marked(True), self.connect() as cr:
            for end in (cr.commit, cr.rollback, cr.connection.commit, lambda: cr.execute("COMMIT"),
                        lambda: cr.execute(b"-- x\rROLLBACK"), lambda: cr.executemany("COMMIT", [()])):
                end()
                with self.assertRaises(ReadOnlySqlTransaction), mute_logger("odoo.sql_db"):
                    cr.execute("CREATE TEMPORARY TABLE json2_attack ()")
                cr.rollback()

    def test_they_write_again_for_others(self):
        with read_only._marked(True), self.connect() as cr:
            connection = cr.connection
        self.assertIs(type(connection), PsycoConnection)
        # Every connection that the pool has to lend.
        with ExitStack() as stack:
            cursors = [stack.enter_context(self.connect()) for _number in range(5)]
            self.assertIn(connection, [cr._cnx for cr in cursors])
            for cr in cursors:
                cr.execute("CREATE TEMPORARY TABLE json2_attack () ON COMMIT DROP")

    def test_nothing_makes_them_writable(self):
        with read_only._marked(True), self.connect() as cr:
            connection = cr.connection
            for attempt in (
                connection.reset,
                lambda: connection.set_session(readonly=False),
                lambda: setattr(connection, "readonly", False),
                lambda: cr.executemany(WRITABLE_AGAIN[0], [()]),
                lambda: cr.callproc("set_config", ["default_transaction_read_only", "off", False]),
                lambda: cr.copy_expert(WRITABLE_AGAIN[0], None),
                lambda: connection.cursor().execute(WRITABLE_AGAIN[0]),
                lambda: connection.cursor("x").execute(WRITABLE_AGAIN[0]),
                lambda: cr.execute(WRITABLE_AGAIN[0].encode()),
                lambda: cr.execute(sql.SQL("SET {} = off").format(sql.Identifier("default_transaction_read_only"))),
                *(lambda text=text: cr.execute(text) for text in WRITABLE_AGAIN),
            ):
                with self.assertRaises(read_only._ReadOnly), mute_logger("odoo.sql_db"):
                    attempt()

    def test_sql_that_does_not_name_the_mode(self):
        for text in STILL_READ_ONLY:
            self.assertFalse(read_only._WRITABLE_AGAIN.search(text), text)

    def test_threads(self):
        """Those that a call starts are as it is, those that they start as well, others are not."""
        marks = []

        def look():
            marks.append(read_only._is_marked(threading.current_thread()))

        def run(function):
            thread = threading.Thread(target=function)
            thread.start()
            thread.join()

        with read_only._marked(True):
            run(look)
            run(lambda: run(look))
        look()
        run(look)
        self.assertEqual(marks, [True, True, False, False])

    def test_hooks_of_the_rollback(self):
        """The last that is done with the cursor, while it is closed."""
        with read_only._marked(True):
            cr = db_connect(self.env.cr.dbname).cursor()
            connection = cr._cnx
            cr.postrollback.add(lambda: connection.cursor().execute("CREATE TEMPORARY TABLE json2_attack ()"))
            with self.assertRaises(ReadOnlySqlTransaction):
                cr.close()
        self.assertTrue(cr.closed)
        self.assertIs(type(connection), PsycoConnection)


class TestHasChanged(AttackCase):
    def test_what_postgresql_says(self):
        for statement, expected in (
            ("SELECT 1", False),
            ("SAVEPOINT a; SELECT 1; RELEASE a", False),
            ("SELECT pg_advisory_xact_lock(1)", False),
            ("SELECT 'UPDATE res_partner SET ref = 1'", False),
            ("SELECT FROM res_lang WHERE code = 'en_US' FOR SHARE", True),
            ("DO $$BEGIN CREATE TEMPORARY TABLE x () ON COMMIT DROP; END$$", True),
            ("/* SELECT */ CREATE TEMPORARY TABLE x () ON COMMIT DROP", True),
        ):
            with self.subTest(statement), closing(db_connect(self.env.cr.dbname).cursor()) as cr:
                self.assertFalse(has_changed(cr))
                cr.execute(statement)
                self.assertEqual(has_changed(cr), expected)
                cr.rollback()
                self.assertFalse(has_changed(cr))
