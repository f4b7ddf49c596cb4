"""A server that gets the requests of requests_19.py, and its answers in a form that can be compared."""
import json
import re
from pathlib import Path

from support import Client

RECORD = Path(__file__).with_name("native_19.json")
LASTING_HEADERS = {"content-type", "www-authenticate", "accept", "x-content-type-options", "allow"}
# Texts of exceptions of Odoo that our code raises.
OUR_TEXTS = ("Private methods", "Session user does not match")


def recorded():
    """{name of the request: Comparable.record() of native Odoo 19's answer}"""
    return json.loads(RECORD.read_text())


def write_record(record):
    lines = (f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False, sort_keys=True)}"
             for name, value in record.items())
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def shape(value):
    """What kind of JSON value it is."""
    return {list: "list", dict: "object", str: "text", bool: "boolean", int: "number", float: "number",
            type(None): "null"}[type(value)]


def fill(text, values):
    """Put values in the place of {name}."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


class Side:
    def __init__(self, server, prepared, keys):
        self.server = server
        self.client = Client(server, keys["admin"])
        self.values = {
            "database": server.databases[0], "key": keys["admin"], "user_key": prepared.user_key["admin"],
            "internal": keys["internal"], "portal": keys["portal"]}

    def set_parameter(self, name, value):
        answer = self.client.call("ir.config_parameter", "set_param", {"key": f"json2_backport.{name}", "value": value})
        assert answer.status_code == 200, answer.text

    def log_in(self, login):
        """The header of a session of this user, whose password is his login."""
        return {"Cookie": "session_id=" + self.client.log_in(self.server.databases[0], login)}

    def send(self, request, more_headers=None):
        headers = {name: fill(value, self.values) if isinstance(value, str) else value
                   for name, value in (request.headers | (more_headers or {})).items()}
        return self.client.send(request.verb, request.path, request.body, headers)

    def answer(self, request, more_headers=None):
        return Comparable(self.send(request, more_headers), self.server, request.other_ids)


class Comparable:
    """An answer without what must differ: addresses, times, and what comes from the library that serves."""

    # The length follows from the body, which is compared.
    NOT_OURS = {"date", "server", "content-length", "connection"}
    # What we have beyond native.
    ADDED = {"x-request-id"}

    def __init__(self, answer, server, other_ids):
        self.status = answer.status_code
        self.headers = {name.lower(): self._header(name.lower(), value) for name, value in answer.headers.items()
                        if name.lower() not in self.NOT_OURS | self.ADDED}
        self.error = self._error(answer)
        self.shape = shape(answer.json()) if self.status == 200 and "json" in self.headers.get("content-type", "") else None
        self.body = self.error or self._text(answer.text, server)
        if other_ids:
            self.body = re.sub(r'(?<="id": )\d+|(?<=\[)\d+(?=\])', "<id>", self.body)

    def record(self):
        """What of it holds on every series, as JSON values: without the texts and values of the host's own."""
        error = dict(self.error or {})
        result = {"status": self.status, "headers": {name: self.headers[name] for name in LASTING_HEADERS & self.headers.keys()}}
        if self.shape:
            result["shape"] = self.shape
        if error:
            result["error"] = error["name"]
        if error and (error["name"].startswith("werkzeug.") or error["message"].startswith(OUR_TEXTS)):
            result["message"] = error["message"]
        return result

    __hash__ = None

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return f"{self.status} {self.headers}\n{self.body}"

    @staticmethod
    def _header(name, value):
        return re.sub(r"(?<=session_id=)[^;]*|(?<=Expires=)[^;]*", "…", value) if name == "set-cookie" else value

    @staticmethod
    def _text(text, server):
        text = text.replace(f"127.0.0.1:{server.port}", "<host>").replace(server.databases[0], "<database>")
        text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?", "<time>", text)
        # Avatars are drawn in a colour that follows from the time; what is no JSON value shows its address.
        text = re.sub(r'"PD94[^"]*|(?<=object at )0x\w+', "…", text)
        # The route that the text quotes has other names for its parts.
        return re.sub(r"(?<=but &#39;)\S+(?=&#39; is type)", "…", text)

    def _error(self, answer):
        """The error object of an answer without its traceback, else None."""
        if self.status < 400 or "json" not in self.headers.get("content-type", "") or not answer.content:
            return None
        error = json.loads(answer.text)
        # Native 19 shows it to everybody, and ours to administrators only; test_contract.py looks at that.
        error["debug"] = "…"
        return list(error.items())
