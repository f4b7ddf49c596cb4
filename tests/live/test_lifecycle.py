"""Install, update, uninstall: nothing in the log, and nothing left behind."""
import re

import pytest
import requests
from support import ADDON, OURS, Server, databases, drop_with_logs, odoo

from devtools import process

WITHOUT_US = ("base", "web")

COMPLAINT = re.compile(r"^\d{4}-\d\d-\d\d \S+ \d+ (WARNING|ERROR|CRITICAL) ")

# Everything that a module can put into a database, as rows of text.
INVENTORY = """
queries = {
    "tables and columns": "SELECT table_name || '.' || column_name FROM information_schema.columns"
                          " WHERE table_schema = 'public'",
    "indexes": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "constraints": "SELECT conrelid::regclass || '.' || conname FROM pg_constraint",
    "sequences": "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'",
    "models": "SELECT model FROM ir_model",
    "fields": "SELECT model || '.' || name FROM ir_model_fields",
    "selections": "SELECT f.model || '.' || f.name || '=' || s.value FROM ir_model_fields_selection s"
                  " JOIN ir_model_fields f ON f.id = s.field_id",
    "model constraints": "SELECT name FROM ir_model_constraint",
    "access": "SELECT name FROM ir_model_access",
    "rules": "SELECT name::text FROM ir_rule",
    "groups": "SELECT name::text FROM res_groups",
    "menus": "SELECT name::text FROM ir_ui_menu",
    "views": "SELECT name FROM ir_ui_view",
    "actions": "SELECT type || ' ' || name::text FROM ir_actions",
    "scheduled actions": "SELECT cron_name FROM ir_cron",
    "mail and report templates": "SELECT name::text FROM ir_act_report_xml",
    "parameters": "SELECT key FROM ir_config_parameter",
    "defaults": "SELECT id::text FROM ir_default",
    "assets": "SELECT name FROM ir_asset",
    "attachments": "SELECT name FROM ir_attachment WHERE url IS NULL OR url NOT LIKE '/web/assets/%'",
    "external ids": "SELECT module || '.' || name FROM ir_model_data"
                    # That Odoo knows of a module's existence.
                    " WHERE name NOT LIKE 'module_%'",
    "installed modules": "SELECT name FROM ir_module_module WHERE state = 'installed'",
    "modules in between": "SELECT name FROM ir_module_module WHERE state LIKE 'to %'",
}
result = {}
for what, query in queries.items():
    env.cr.execute(query)
    result[what] = sorted(str(row[0]) for row in env.cr.fetchall())
"""

# What people do between installing and uninstalling.
USE = """
admin = env.ref("base.user_admin")
_record, result = env["json2.api.key"]._generate("lifecycle", admin)
settings = env["res.config.settings"].create({"json2_flat_create": False, "json2_traceback": "always"})
settings.execute()
env["ir.config_parameter"].set_param("json2_backport.by_hand", "1")
"""

PARAMETERS = """
found = env["ir.config_parameter"].search([("key", "=like", "json2_backport.%")])
result = {parameter.key: parameter.value for parameter in found}
"""

# As the button in Apps does; what is logged meanwhile is the result.
UNINSTALL = f"""
import logging


class Complaints(logging.Handler):
    def emit(self, record):
        result.append(record.levelname + " " + record.name + " " + record.getMessage())


result = []
logging.getLogger().addHandler(Complaints(logging.WARNING))
env["ir.module.module"].search([("name", "=", "{ADDON}")]).button_immediate_uninstall()
"""


@pytest.fixture(scope="module")
def life(host, shell):
    """Goes through it all once; the tests look at what was seen on the way."""
    database = databases.temporary_name("livecycle", host)
    # With what the addon depends on, which stays when the addon goes.
    databases.create(host, database, modules=("base", "web", "base_setup"), auto_install=False)
    seen = {"database": database}
    try:
        seen["before"] = shell(database, INVENTORY)
        seen["serving before"] = serve(host, database, WITHOUT_US, "j2_none")
        seen["install"] = log_of(host, database, "--init", ADDON)
        seen["installed"] = shell(database, INVENTORY)
        seen["default parameters"] = shell(database, PARAMETERS)
        seen["key"] = shell(database, USE)
        seen["update"] = log_of(host, database, "--update", ADDON)
        seen["parameters after update"] = shell(database, PARAMETERS)
        seen["serving"] = serve(host, database, OURS, seen["key"])
        seen["uninstall"] = shell(database, UNINSTALL)
        seen["after"] = shell(database, INVENTORY)
        seen["serving, addon loaded"] = serve(host, database, OURS, seen["key"])
        seen["serving, addon not loaded"] = serve(host, database, WITHOUT_US, seen["key"])
        seen["install again"] = log_of(host, database, "--init", ADDON)
        seen["installed again"] = shell(database, INVENTORY)
        yield seen
    finally:
        drop_with_logs(database)


def log_of(host, database, *arguments):
    """The exit code, and the lines of the log that complain, of an Odoo that installs or updates."""
    code, lines = process.collect(odoo.lines(
        host, database, *arguments, *databases.demo_options(host, False), *databases.auto_install_options(host, False)))
    return {"code": code, "complaints": [line for line in lines if COMPLAINT.match(line)]}


def serve(host, database, load, key):
    """What a server answers, and what it complains about."""
    with Server(host, database, load=load) as server:
        login = requests.get(server.url + "/web/login", timeout=60)
        call = requests.post(server.url + "/json/2/res.partner/search_count", json={"domain": []}, timeout=60,
                             headers={"Authorization": f"Bearer {key}"}, allow_redirects=False)
        short = requests.get(server.url + "/json/2", timeout=60, allow_redirects=False)
        log = server.log.read_text().splitlines()
    return {"login": login.status_code, "form": 'name="login"' in login.text, "call": call.status_code,
            "short": short.status_code, "complaints": [line for line in log if COMPLAINT.match(line)]}


def added(before, after):
    return {what: sorted(set(after[what]) - set(before[what])) for what in before if set(after[what]) - set(before[what])}


@pytest.mark.parametrize("step", ["install", "update", "install again"])
def test_log_is_clean(life, step):
    assert life[step] == {"code": 0, "complaints": []}


def test_uninstall_log_is_clean(life):
    assert life["uninstall"] == []


def test_installed(life):
    new = added(life["before"], life["installed"])
    assert "json2.api.key" in new["models"]
    assert "json2_api_key.digest" in new["tables and columns"]
    defaults = {"json2_backport.flat_create": "True", "json2_backport.traceback": "dev", "json2_backport.max_body_size": "10485760"}
    assert defaults.items() <= life["default parameters"].items()


def test_settings_survive_an_update(life):
    # Odoo keeps no parameter for a box that is not ticked.
    parameters = life["parameters after update"]
    assert {"json2_backport.traceback": "always", "json2_backport.by_hand": "1"}.items() <= parameters.items()
    assert "json2_backport.flat_create" not in parameters


def test_served_while_installed(life):
    assert life["serving"] == {"login": 200, "form": True, "call": 200, "short": 404, "complaints": []}


def test_nothing_is_left(life):
    assert added(life["before"], life["after"]) == {}


def test_nothing_else_is_gone(life):
    assert added(life["after"], life["before"]) == {}


def test_no_word_of_ours_is_left(life):
    """The plain version of the test above, in case the inventory changes by itself one day."""
    ours = re.compile(r"json2|JSON-2", re.IGNORECASE)
    left = {what: [row for row in rows if ours.search(row)] for what, rows in life["after"].items()}
    assert {what: rows for what, rows in left.items() if rows} == {}


def test_served_after_uninstalling_while_loaded(life):
    """On a server that still names the addon in server_wide_modules."""
    assert life["serving, addon loaded"] == life["serving before"]


def test_served_after_uninstalling(host, life):
    after = life["serving, addon not loaded"]
    assert after == life["serving before"]
    # Odoo 18 and 19 send every /json/... that they do not know to a page of their own.
    status = 303 if host.major >= 18 else 404
    assert after == {"login": 200, "form": True, "call": status, "short": status, "complaints": []}


def test_installs_again_as_the_first_time(life):
    assert added(life["installed"], life["installed again"]) == {}
    assert added(life["installed again"], life["installed"]) == {}


# Odoo 16 and 17 have no end dates of the users' own keys: the addon brings them, and trusted devices inherit the column.
COLUMNS = """
env.cr.execute("SELECT table_name FROM information_schema.columns WHERE column_name = 'expiration_date' ORDER BY table_name")
result = [table for (table,) in env.cr.fetchall() if table in ("res_users_apikeys", "auth_totp_device")]
"""
WITHOUT_TOTP = """
env["ir.module.module"].search([("name", "=", "auth_totp")]).button_immediate_uninstall()
"""
ENDING_KEYS = """
from odoo.addons.json2_backport import series

admin = env.ref("base.user_admin")
keys = env["res.users.apikeys"].with_user(admin).sudo()
result = {name: series.generate_user_key(keys, None, name, None) for name in ("expired", "ending", "endless")}
for name, date in (("expired", "2020-01-01"), ("ending", "2099-01-01")):
    env.cr.execute("UPDATE res_users_apikeys SET expiration_date = %s WHERE name = %s", [date, name])
env.cr.execute("SELECT id FROM res_users_apikeys WHERE name = 'ending'")
result["id"] = env.cr.fetchone()[0]
env["auth_totp.device"].with_user(admin).sudo()._generate("browser", "device")
"""
AFTERWARDS = """
keys = env["res.users.apikeys"]
result = {key: keys._check_credentials(scope="rpc", key=key) for key in %r}
devices = env["auth_totp.device"].search([("name", "=", "device")])
assert len(devices) == 1
devices._remove()
"""


@pytest.fixture(scope="module")
def ending(host, shell):
    """The other order: auth_totp is installed after the addon; and what becomes of keys that have an end."""
    if host.major >= 18:
        pytest.skip("the host itself has end dates")
    database = databases.temporary_name("liveending", host)
    databases.create(host, database)
    seen = {}
    try:
        shell(database, WITHOUT_TOTP)
        odoo.install(host, database, "--init", ADDON, *databases.demo_options(host, False))
        seen["columns without auth_totp"] = shell(database, COLUMNS)
        odoo.install(host, database, "--init", "auth_totp", *databases.demo_options(host, False))
        seen["columns"] = shell(database, COLUMNS)
        seen["keys"] = shell(database, ENDING_KEYS)
        seen["uninstall"] = shell(database, UNINSTALL)
        seen["columns afterwards"] = shell(database, COLUMNS)
        seen["accepted"] = shell(database, AFTERWARDS % [seen["keys"][name] for name in ("expired", "ending", "endless")])
        yield seen
    finally:
        drop_with_logs(database)


def test_trusted_devices_have_the_column_while_the_addon_is_there(ending):
    assert ending["columns without auth_totp"] == ["res_users_apikeys"]
    assert ending["columns"] == ["auth_totp_device", "res_users_apikeys"]
    assert ending["columns afterwards"] == []


def test_keys_that_have_not_ended_outlive_the_addon(ending):
    keys = ending["keys"]
    assert ending["accepted"] == {keys["expired"]: None, keys["ending"]: 2, keys["endless"]: 2}


def test_the_log_names_the_keys_that_end_no_more(ending):
    (warning,) = ending["uninstall"]
    key = ending["keys"]["id"]
    assert f"Odoo API key {key} ('ending') of 'admin' was to end on 2099-01-01 00:00:00, and does not any more." in warning
