"""Translation of view architectures from the dialect of Odoo 19 to that of older hosts."""
import ast

from lxml import etree

_MODIFIERS = ("invisible", "required", "readonly")


def adapt_arch(arch, version):
    """Write a view as an older host wants it.

    * before 18 a ``<list>`` is called ``<tree>``;
    * 16 has no expressions in modifiers but domains in ``attrs``, and no ``column_invisible``;
    * 16 draws settings with ``<div>`` instead of ``<app>``, ``<block>`` and ``<setting>``.

    :param str arch: the XML of a view
    :param int version: of the host
    :rtype: str
    """
    if version >= 18:
        return arch
    root = etree.fromstring(arch)
    for element in root.iter("list"):
        element.tag = "tree"
    if version < 17:
        for element in root.iter(etree.Element):
            _write_attrs(element)
        _write_settings(root)
    return etree.tostring(root, encoding="unicode")


def _write_attrs(element):
    if element.attrib.pop("column_invisible", None):
        element.set("invisible", "1")
    attrs = {}
    for name in _MODIFIERS:
        expression = element.get(name)
        if expression and expression not in ("0", "1", "True", "False"):
            attrs[name] = _domain(ast.parse(expression, mode="eval").body)
            del element.attrib[name]
    if attrs:
        element.set("attrs", repr(attrs))


def _domain(node):
    """Return the domain that says the same as an expression: field names, comparisons, ``not``, ``and``, ``or``."""
    if isinstance(node, ast.Name):
        return [(node.id, "!=", False)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Name):
        return [(node.operand.id, "=", False)]
    if isinstance(node, ast.BoolOp):
        operands = [_domain(value) for value in node.values]
        connector = ["&" if isinstance(node.op, ast.And) else "|"] * (len(operands) - 1)
        return connector + [term for operand in operands for term in operand]
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        operator = "=" if isinstance(node.ops[0], ast.Eq) else "!="
        return [(node.left.id, operator, ast.literal_eval(node.comparators[0]))]
    raise ValueError(f"no domain says the same as {ast.dump(node)}")


def _write_settings(root):
    for app in root.iter("app"):
        if app.getparent().get("expr") == "//form":
            app.getparent().set("expr", "//div[hasclass('settings')]")
        app.tag = "div"
        app.set("data-key", app.attrib.pop("name"))
        app.set("class", "app_settings_block")
    for block in list(root.iter("block")):
        block.tag = "div"
        block.set("class", "row mt16 o_settings_container")
        title = etree.Element("h2")
        title.text = block.attrib.pop("title")
        block.addprevious(title)
    for setting in list(root.iter("setting")):
        _write_setting(setting)


def _write_setting(setting):
    """A checkbox goes to the left of its label, a field with a widget of its own under it."""
    content = list(setting)
    help_text = setting.attrib.pop("help", None)
    setting.tag = "div"
    setting.set("class", "col-12 col-lg-6 o_setting_box")
    left = etree.SubElement(setting, "div", {"class": "o_setting_left_pane"})
    right = etree.SubElement(setting, "div", {"class": "o_setting_right_pane"})
    etree.SubElement(right, "label", {"for": content[0].get("name")})
    if help_text:
        etree.SubElement(right, "div", {"class": "text-muted"}).text = help_text
    if content[0].get("widget") is None:
        left.append(content.pop(0))
    if content:
        etree.SubElement(right, "div", {"class": "mt8"}).extend(content)
