"""Every series: a person's way through the screens, in a real Chromium.

JSON2_SCREENSHOTS=<directory> keeps a picture of every screen, for people to look at.
"""
import contextlib
import os
import re
import shutil
import sys
import time
from pathlib import Path

import pytest
from support import OURS, Client, Server, databases, odoo

from devtools import process, venv

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
if not CHROMIUM:
    pytest.skip("there is no Chromium here", allow_module_level=True)

SCREENSHOTS = os.environ.get("JSON2_SCREENSHOTS")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run"]
TIMEOUT = 30_000
KEY = re.compile(r"j2_[0-9A-Za-z]{49}")

MAKE = """
internal = env["res.users"].search([("login", "=", "internal")])
admin = env.ref("base.user_admin")
for user in internal, admin:
    group = env.ref("json2_backport.group_json2_user")
    user.write({"group_ids" if "group_ids" in user._fields else "groups_id": [(4, group.id)]})
env["json2.api.key"].search([]).unlink()
for name, user, days in (("Stock sync", internal, 2), ("Accounting", admin, 60), ("Old web shop", admin, -1)):
    date = fields.Datetime.now() + timedelta(days=days)
    record, secret = env["json2.api.key"]._generate(name, user, date)
for name in "First of the archived", "Second of the archived":
    env["json2.api.key"]._generate(name, admin, active=False)
result = True
"""


@pytest.fixture(scope="module")
def chromium():
    """A browser. What drives it lives in an environment of its own, ahead of that of the hosts."""
    home = venv.python(venv.BROWSER).parents[1]
    [packages] = home.glob("lib/python*/site-packages")
    sys.path.insert(0, str(packages))
    from playwright.sync_api import sync_playwright

    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            yield browser
            browser.close()
    finally:
        sys.path.remove(str(packages))


@pytest.fixture(scope="module")
def server(host, prepared, new_database, shell):
    database = new_database(prepared)
    shell(database, "from datetime import timedelta\nfrom odoo import fields\n" + MAKE)
    load_spanish(host, database)
    with Server(host, database, load=OURS, extra=["--max-cron-threads=0"]) as running:
        yield running


def load_spanish(host, database):
    """A language and the addon's terms in it."""
    odoo.install(host, database, "--load-language=es_ES", "--update", "json2_backport",
                 *databases.demo_options(host, False), *databases.auto_install_options(host, False))


class Person:
    """Somebody at a browser of his own, in the words of the screens. `complaints`: what the page had to complain about."""

    def __init__(self, page, server, series, label):
        self.page = page
        self.server = server
        self.series = series
        self.label = label
        self.complaints = []
        self.login = None
        self.has_typed_password = False
        page.set_default_timeout(TIMEOUT)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message):
        # Pictures and fonts that a host asks for and does not have.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def log_in(self, login):
        self.login = login
        self.page.goto(self.server.url + "/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".o_main_navbar")
        self.settle()

    def settle(self):
        """Until nothing is asked of the server any more."""
        with contextlib.suppress(Exception):  # a page that polls never rests
            self.page.wait_for_load_state("networkidle", timeout=1500)
        self.page.wait_for_timeout(300)

    def shot(self, name):
        self.settle()
        if SCREENSHOTS:
            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(SCREENSHOTS, f"{self.series}-{self.label}-{name}.png")))

    def open_app(self):
        self.page.click(".o_navbar_apps_menu button")
        self.page.click(".o_app[data-menu-xmlid='json2_backport.menu_json2']")
        self.page.wait_for_selector(".o_list_view")
        self.settle()

    def menu(self, text):
        self.page.click(f'.o_menu_sections >> text="{text}"')
        self.settle()

    def dialog(self):
        return self.page.locator(".modal").last

    def fill(self, field, value):
        self.page.locator(f".modal div[name={field}] input").first.fill(value)

    def generate(self, name, **values):
        """Fill the dialog that is open, and click; returns the key that is shown."""
        self.page.wait_for_selector(".modal .o_form_view")
        self.fill("name", name)
        for field, value in values.items():
            self.fill(field, value)
        self.page.click(".modal button[name=action_generate]")
        return self.shown_key()

    def type_password(self, label="password"):
        """The host asks for it, once in a while."""
        self.page.wait_for_selector(".modal button[name=run_check]:visible")
        self.shot(label)
        self.fill("password", self.login)
        self.page.click(".modal button[name=run_check]:visible")
        self.has_typed_password = True
        self.settle()

    def shown_key(self):
        if not self.has_typed_password:
            assert KEY.search(self.everywhere()) is None
            self.type_password()
        self.page.wait_for_selector(".modal div[name=curl]")
        self.settle()
        return KEY.search(self.page.locator(".modal div[name=key]").first.inner_text())[0]

    def is_cut(self, field):
        """Whether the dialog hides a part of a field's text."""
        return self.page.locator(f".modal div[name={field}] span").first.evaluate("""text => {
            for (let box = text; !box.matches(".modal"); box = box.parentElement)
                if (box.scrollWidth > box.offsetWidth && getComputedStyle(box).overflowX !== "visible") return true;
            return false;
        }""")

    def close_dialog(self):
        self.page.click(".modal footer button:visible >> nth=0")
        self.page.wait_for_selector(".modal", state="detached")
        self.settle()

    def confirm(self):
        self.page.wait_for_selector(".modal footer .btn-primary")
        self.page.click(".modal footer .btn-primary")
        self.settle()

    def rows(self):
        """The texts of the rows of the list."""
        self.page.wait_for_selector(".o_list_view")
        self.settle()
        return [row.inner_text() for row in self.page.locator(".o_data_row").all()]

    def filter(self, text):
        """Choose a filter of the search."""
        self.page.click(".o_searchview_dropdown_toggler:visible, .o_filter_menu button:visible")
        self.page.click(f'.dropdown-menu >> text="{text}"')
        self.page.keyboard.press("Escape")
        self.settle()

    def menu_of_actions(self, text):
        """Choose from the menu of a form, or of the rows that are ticked."""
        self.page.click(".o_cp_action_menus button:has(.fa-cog), .o_cp_action_menus button:has-text('Action')")
        self.page.click(f'.dropdown-menu >> text="{text}"')
        self.settle()

    def open_row(self, name):
        self.page.click(f'.o_data_row:has-text("{name}") >> td.o_data_cell >> nth=0')
        self.page.wait_for_selector(".o_form_view")
        self.settle()

    def preferences(self):
        self.page.click(".o_user_menu button")
        self.page.click("text=/^(Preferences|My Preferences|My Profile|Preferencias|Mis preferencias|Mi perfil)$/")
        self.page.locator(".o_form_view .nav-link").filter(has_text=re.compile("Security|Seguridad")).first.click()
        self.page.wait_for_selector("button[name=action_json2_generate]:visible").scroll_into_view_if_needed()
        self.settle()

    def everywhere(self):
        """All that the browser still holds of what it was shown."""
        return "\n".join([
            self.page.url, self.page.content(),
            self.page.evaluate("JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage)])"),
            self.page.evaluate("JSON.stringify(history.state)"),
            self.page.evaluate("[...document.querySelectorAll('input, textarea')].map(input => input.value).join('\\n')"),
            self.page.evaluate("document.cookie"),
        ])


@pytest.fixture
def person(chromium, server, host, request):
    """person(login, label) -> somebody who is logged in. In the end no page may have complained."""
    people, contexts = [], []

    def enter(login, label):
        context = chromium.new_context(viewport={"width": 1300, "height": 850}, locale="en-US")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        someone = Person(context.new_page(), server, host.series, label)
        people.append(someone)
        someone.log_in(login)
        return someone

    yield enter
    for someone in people:
        if SCREENSHOTS:
            someone.shot(f"last-of-{request.node.name}")
    for context in contexts:
        context.close()
    assert [someone.complaints for someone in people if someone.complaints] == []


def call(server, key, model="res.users", method="context_get", body=None):
    return Client(server, key).call(model, method, body)


def test_from_generating_to_archiving(server, person):
    """The way of issue 3: click, copy, call, find it in the list, archive, be refused."""
    admin = person("admin", "admin")
    admin.open_app()
    admin.menu("Generate API Key")
    admin.page.wait_for_selector(".modal .o_form_view")
    admin.shot("1-generate")
    assert not admin.page.locator(".modal div[name=rate_period]:visible").count()
    key = admin.generate("Web shop", allowed_models="res.*", rate_limit="100")
    admin.shot("2-key")

    # Both are shown whole, and each has its copy button
    curl = admin.page.locator(".modal div[name=curl]").first.inner_text()
    assert f"Bearer {key}" in curl
    assert f"X-Odoo-Database: {server.databases[0]}" in curl
    assert f"{server.url}/json/2/res.users/context_get" in curl
    for field, text in (("key", key), ("curl", curl)):
        assert not admin.is_cut(field)
        admin.page.locator(f".modal div[name={field}] button").click()
        admin.page.wait_for_timeout(300)
        assert admin.page.evaluate("navigator.clipboard.readText()") == text

    # The line works as it is, in a shell
    code, output = process.run(["bash", "-c", f"{curl} --silent --noproxy '*'"])
    assert (code, '"uid": 2' in output) == (0, True), output
    assert call(server, key).status_code == 200

    # Closing forgets it
    assert key in admin.everywhere()
    admin.close_dialog()
    assert key not in admin.everywhere()
    assert "j2_" not in admin.page.url

    admin.menu("API Keys")
    [row] = [row for row in admin.rows() if "Web shop" in row]
    assert key[:9] in row
    assert "expires in 30 days" in row
    assert key not in admin.everywhere()
    admin.shot("3-list")
    admin.open_row("Web shop")
    admin.shot("4-form")
    text = admin.page.inner_text(".o_form_view")
    assert key[:9] in text
    assert "127.0.0.1" in text
    assert admin.page.locator("div[name=rate_period]:visible").count()
    assert KEY.search(admin.everywhere()) is None

    admin.page.click("button[name=action_archive]:visible")
    admin.page.wait_for_selector(".modal")
    admin.shot("5-archive")
    assert call(server, key).status_code == 200
    admin.confirm()
    assert call(server, key).status_code == 401
    admin.shot("6-archived")
    admin.page.click("button[name=action_unarchive]:visible")
    admin.settle()
    assert call(server, key).status_code == 200


def test_back_does_not_bring_it_again(server, person):
    """Neither does reloading, nor the history of the browser."""
    admin = person("admin", "back")
    admin.open_app()
    admin.menu("Generate API Key")
    key = admin.generate("Back and forth")
    admin.page.reload()
    admin.page.wait_for_selector(".o_main_navbar")
    admin.settle()
    assert key not in admin.everywhere()
    admin.page.go_back()
    admin.settle()
    assert key not in admin.everywhere()
    admin.page.go_forward()
    admin.settle()
    assert key not in admin.everywhere()
    assert call(server, key).status_code == 200


def test_rotating(server, person):
    admin = person("admin", "rotate")
    admin.open_app()
    admin.menu("Generate API Key")
    old = admin.generate("Rotated")
    admin.close_dialog()
    admin.menu("API Keys")
    admin.open_row("Rotated")
    admin.page.click("button[name=action_rotate]:visible")
    admin.page.wait_for_selector(".modal")
    admin.shot("1-confirm")
    admin.confirm()
    new = admin.shown_key()
    admin.shot("2-rotated")
    assert new != old
    assert call(server, old).status_code == call(server, new).status_code == 200
    admin.close_dialog()
    assert new not in admin.everywhere()
    admin.menu("API Keys")
    assert sum("Rotated" in row for row in admin.rows()) == 2
    admin.shot("3-list")


@pytest.mark.parametrize(("view", "name"), [("list", "First of the archived"), ("form", "Second of the archived")])
def test_unarchiving_by_the_menu_of_actions(server, shell, person, view, name):
    """Odoo's own entry. It asks for the password, and then the screen shows what has become of the key."""

    def is_active():
        return shell(server.databases[0], f"result = bool(env['json2.api.key'].search([('name', '=', '{name}')]))")

    admin = person("admin", f"unarchive-{view}")
    admin.open_app()
    archived = "result = env.ref('json2_backport.json2_api_key_action').id"
    admin.page.goto(f"{server.url}/web#action={shell(server.databases[0], archived)}&view_type=list")
    admin.rows()
    admin.filter("Archived")
    assert any(name in row for row in admin.rows())
    if view == "list":
        admin.page.click(f'.o_data_row:has-text("{name}") >> .o_list_record_selector input')
    else:
        admin.open_row(name)
    admin.shot("1-archived")
    admin.menu_of_actions("Unarchive")
    assert not is_active()
    admin.type_password("2-password")
    admin.page.wait_for_selector(".modal", state="detached")
    admin.settle()
    admin.shot("3-unarchived")
    assert is_active()
    if view == "list":
        assert not any(name in row for row in admin.rows())
    else:
        assert admin.page.locator("button[name=action_archive]:visible").count()


def test_a_wrong_password_gives_no_key(person):
    admin = person("admin", "wrong")
    admin.open_app()
    admin.menu("Generate API Key")
    admin.page.wait_for_selector(".modal .o_form_view")
    admin.fill("name", "Wrong")
    admin.page.click(".modal button[name=action_generate]")
    admin.page.wait_for_selector(".modal button[name=run_check]:visible")
    admin.fill("password", "wrong")
    admin.page.click(".modal button[name=run_check]:visible")
    admin.page.wait_for_selector("text=Incorrect Password")
    assert KEY.search(admin.everywhere()) is None
    admin.complaints.clear()  # older hosts write what the server refuses to the console


def test_deleting(server, person):
    """It is asked for, and takes along what the key was rotated into."""
    admin = person("admin", "delete")
    admin.open_app()
    admin.menu("Generate API Key")
    old = admin.generate("Leaked")
    admin.close_dialog()
    new = call(server, old, "json2.api.key", "rotate").json()["key"]
    admin.menu("API Keys")
    admin.page.click('.o_data_row:has-text("Leaked") >> nth=1 >> td.o_data_cell >> nth=0')
    admin.page.wait_for_selector(".o_form_view")
    admin.menu_of_actions("Delete")
    admin.page.wait_for_selector(".modal")
    admin.shot("1-confirm")
    assert call(server, new).status_code == 200
    admin.confirm()
    assert [call(server, key).status_code for key in (old, new)] == [401, 401]
    admin.menu("API Keys")
    assert not any("Leaked" in row for row in admin.rows())


def test_log_and_usage(server, person):
    admin = person("admin", "log")
    admin.open_app()
    admin.menu("Generate API Key")
    key = admin.generate("Logged")
    admin.close_dialog()
    for body in ({"domain": []}, {"nonsense": 1}):
        call(server, key, "res.partner", "search_count", body)
    time.sleep(1)  # the rows of calls that only read may be written a moment later
    admin.menu("API Logs")
    assert any("search_count" in row and "422" in row for row in admin.rows())
    admin.shot("1-list")
    admin.open_row("422")
    assert "missing a required argument: 'domain'" in admin.page.inner_text(".o_form_view")
    admin.shot("2-form")
    admin.menu("API Usage")
    admin.page.wait_for_selector(".o_form_view table")
    assert "res.partner/search_count" in admin.page.inner_text(".o_form_view")
    admin.shot("3-usage")
    admin.page.click("button[name=action_graph]")
    admin.page.wait_for_selector(".o_graph_view canvas")
    admin.shot("4-graph")
    admin.page.click(".o_switch_view.o_pivot")
    admin.page.wait_for_selector(".o_pivot table, table.o_pivot_table")
    admin.shot("5-pivot")


def test_a_mistake_is_told(person):
    admin = person("admin", "mistake")
    admin.open_app()
    admin.menu("Generate API Key")
    admin.page.wait_for_selector(".modal .o_form_view")
    admin.fill("name", "Mistake")
    admin.fill("allowed_networks", "here")
    admin.page.click(".modal button[name=action_generate]")
    admin.page.wait_for_selector("text=is not valid")
    admin.shot("1-not-valid")
    assert "Allowed Networks" in admin.dialog().inner_text()
    admin.complaints.clear()  # older hosts write what the server refuses to the console


def test_a_bot(server, person):
    admin = person("admin", "bot")
    admin.open_app()
    admin.menu("Generate API Key")
    admin.page.wait_for_selector(".modal .o_form_view")
    admin.page.click('.modal label:has-text("A new bot user")')
    admin.settle()
    admin.shot("1-generate")
    key = admin.generate("Stock", bot_name="Stock Sync Bot")
    admin.shot("2-key")
    assert call(server, key).json()["uid"] > 2


def test_settings(shell, server, person):
    admin = person("admin", "settings")
    admin.open_app()
    admin.menu("Settings")
    admin.page.wait_for_selector("[name=json2_grace_period]")
    admin.shot("1-settings")
    admin.page.locator("[name=json2_traceback]").first.scroll_into_view_if_needed()
    admin.shot("2-settings")
    admin.page.locator("[name=json2_grace_period] input, input[name=json2_grace_period]").first.fill("36")
    admin.page.keyboard.press("Tab")
    admin.page.click("button[name=execute]:visible, .o_form_button_save:visible")
    admin.settle()
    admin.page.wait_for_selector(".o_main_navbar")
    admin.settle()
    parameter = shell(server.databases[0], "result = env['ir.config_parameter'].get_param('json2_backport.grace_period')")
    assert parameter == "36"


def test_a_user_has_his_own_keys_only(server, person):
    user = person("internal", "user")
    user.open_app()
    rows = user.rows()
    assert len(rows) == 1
    assert "Stock sync" in rows[0]
    assert "Accounting" not in user.page.inner_text("body")
    user.shot("1-list")
    menus = user.page.inner_text(".o_menu_sections")
    assert "Generate API Key" in menus
    assert "Settings" not in menus
    user.menu("Generate API Key")
    user.page.wait_for_selector(".modal .o_form_view")
    user.shot("2-generate")
    assert not user.page.locator(".modal div[name=user_id]:visible").count()
    assert not user.page.locator(".modal div[name=owner]:visible").count()
    key = user.generate("My script")
    assert call(server, key).status_code == 200
    user.close_dialog()
    user.menu("API Keys")
    assert len(user.rows()) == 2
    user.open_row("My script")
    user.shot("3-form")
    assert not user.page.locator("button[name=action_unarchive]:visible").count()
    user.page.click("button[name=action_archive]:visible")
    user.confirm()
    assert call(server, key).status_code == 401
    user.shot("4-archived")
    assert not user.page.locator("button[name=action_unarchive]:visible").count()


def test_preferences(server, person):
    """Account Security offers a new key, and the list of one's own."""
    user = person("internal", "preferences")
    user.preferences()
    user.shot("1-preferences")
    user.page.click("button[name=action_json2_generate]:visible")
    user.page.wait_for_selector(".modal div[name=allowed_models]")
    user.fill("name", "From the preferences")
    user.page.locator(".modal button[name=action_generate]").click()
    key = user.shown_key()
    user.shot("2-key")
    assert call(server, key).status_code == 200
    user.page.locator(".modal footer button:visible").last.click()
    user.settle()
    assert key not in user.everywhere()
    if not user.page.locator("button[name=action_json2_keys]:visible").count():
        user.page.keyboard.press("Escape")
        user.settle()
        user.preferences()
    user.page.click("button[name=action_json2_keys]:visible")
    user.page.wait_for_selector(".o_list_view")
    assert any("From the preferences" in row for row in user.rows())
    assert not any("Accounting" in row for row in user.rows())
    user.shot("3-list")


def speak(shell, server, language):
    """Change the admin's language, and tell the server that what it remembers of him is out of date."""
    shell(server.databases[0], f"env.ref('base.user_admin').lang = '{language}'\nenv.registry.signal_changes()")


def test_in_spanish(shell, server, person):
    """The same dialogs; in the end none of them may have shown an English word of ours."""
    speak(shell, server, "es_ES")
    texts = []
    try:
        admin = person("admin", "spanish")
        admin.open_app()
        admin.shot("1-list")
        texts.append(admin.page.inner_text("body"))
        admin.page.click("[data-menu-xmlid='json2_backport.menu_json2_api_key_wizard']")
        admin.page.wait_for_selector(".modal .o_form_view")
        admin.shot("2-generate")
        texts.append(admin.dialog().inner_text())
        key = admin.generate("Tienda web")
        admin.shot("3-key")
        texts.append(admin.dialog().inner_text())
        assert call(server, key).status_code == 200
        admin.close_dialog()
        admin.open_row("Accounting")
        admin.shot("4-form")
        texts.append(admin.page.inner_text(".o_form_view"))
        admin.page.click("[data-menu-xmlid='json2_backport.menu_json2_api_log']")
        admin.open_row("context_get")
        admin.shot("4-log")
        texts.append(admin.page.inner_text(".o_form_view"))
        admin.page.click("[data-menu-xmlid='json2_backport.menu_json2_api_usage']")
        admin.page.wait_for_selector(".o_form_view table")
        admin.shot("4-usage")
        texts.append(admin.page.inner_text(".o_form_view"))
        admin.page.click("[data-menu-xmlid='json2_backport.menu_json2_settings']")
        admin.page.wait_for_selector("[name=json2_grace_period]")
        admin.shot("5-settings")
        texts.append(admin.page.locator("[data-key=json2_backport]").last.inner_text())
        admin.page.goto(server.url + "/web")
        admin.page.wait_for_selector(".o_main_navbar")
        admin.preferences()
        admin.shot("6-preferences")
        texts.append(admin.page.locator("button[name=action_json2_generate]").first.inner_text())
    finally:
        speak(shell, server, "en_US")
    english = (r"Generate|Expires|Expiration|Restrictions|Allowed|Description|Calls|Archive\b|Rotate\b|Settings|Copy the key"
               r"|Lifetime|New JSON|\bCopy\b|no limit|every m|everywhere|as the settings|\bnever\b|Duration|Busiest|Slowest")
    assert re.findall(english, "\n".join(texts)) == []
