"""Data files are written in the dialect of Odoo 19; this translates their records for older hosts when they load."""
from lxml import etree

from . import VERSION


def adapt_record(model, values):
    """Translate the values of a record from one of our data files.

    :param str model: the record's model
    :param dict values: field values as Odoo 19 wants them
    :return: field values as this host wants them
    :rtype: dict
    """
    if model == "ir.ui.view" and VERSION < 17 and values.get("arch"):
        return dict(values, arch=_settings_blocks(values["arch"]))
    return values


def _settings_blocks(arch):
    """Write ``<app>``, ``<block>`` and ``<setting>`` (new in Odoo 17) as the ``<div>`` that 16 draws."""
    root = etree.fromstring(arch)
    for app in root.iter("app"):
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
        _settings_box(setting)
    return etree.tostring(root, encoding="unicode")


def _settings_box(setting):
    """A checkbox goes to the left of its label, any other field under it."""
    content = list(setting)
    help_text = setting.attrib.pop("help", None)
    setting.tag = "div"
    setting.set("class", "col-12 col-lg-6 o_setting_box")
    left = etree.SubElement(setting, "div", {"class": "o_setting_left_pane"})
    right = etree.SubElement(setting, "div", {"class": "o_setting_right_pane"})
    etree.SubElement(right, "label", {"for": content[0].get("name")})
    if help_text:
        etree.SubElement(right, "div", {"class": "text-muted"}).text = help_text
    is_other = content[0].get("widget") is not None
    (right if is_other else left).append(content[0])
    right.extend(content[1:])
