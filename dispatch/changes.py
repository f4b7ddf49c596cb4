"""Whether a transaction has changed anything: judged by the SQL that it has sent, and in doubt it has."""
import functools
import re

from psycopg2.extensions import cursor
from psycopg2.sql import Composable

from odoo.sql_db import Cursor

_HARMLESS = re.compile(r"\s*(?:SAVEPOINT|RELEASE|ROLLBACK TO|SHOW|SET TRANSACTION READ ONLY)\b", re.IGNORECASE)
_QUERY = re.compile(r"\s*\(*\s*(?:SELECT|WITH)\b", re.IGNORECASE)
_COMMENT_LINE = re.compile(r"^\s*--.*$", re.MULTILINE)
# In quotes they are names. Another comment could stand before a parenthesis.
_CHANGE = re.compile(r'(?<!["\w])(?:INSERT|UPDATE|DELETE|MERGE|INTO|SHARE)(?!\w)|;\s*\S|--|/\*', re.IGNORECASE)
_CALLED = re.compile(r'(\w+)"?\s*\(')
# What may stand before a parenthesis in a query that only reads. Any other function may do whatever it likes.
_READING = frozenset(
    """
    all and any array as between by case distinct else exists filter from group having ilike in is join lateral like not
    on or order over select then union using values when where with

    abs age array_agg array_append array_length array_position array_remove array_to_string avg bit_and bit_or bool_and
    bool_or btrim cardinality cast ceil char char_length clock_timestamp coalesce concat concat_ws count date date_part
    date_trunc dense_rank every extract first_value floor format generate_series greatest interval jsonb_agg
    jsonb_array_elements jsonb_array_elements_text jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text
    jsonb_extract_path jsonb_extract_path_text jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_query_array
    jsonb_path_query_first jsonb_typeof json_agg json_build_object json_object_agg lag last_value lead least left length
    lower lpad ltrim make_interval max md5 min mod now nullif numeric pg_typeof position power rank regexp_match
    regexp_replace repeat replace right round row row_number row_to_json rpad rtrim similarity split_part sqrt
    string_agg string_to_array substr substring sum timezone to_char to_date to_json to_jsonb to_number to_timestamp
    to_tsquery to_tsvector trim trunc unaccent unnest upper varchar word_similarity
    """.split()
)


def watch(cr):
    """Look at what is sent from here on.

    :param cr: the cursor of a request; those of tests are left alone
    """
    if isinstance(cr, Cursor) and not isinstance(cr._obj, _Watched):
        host_cursor, cr._obj = cr._obj, cr._cnx.cursor(cursor_factory=_Watched)
        host_cursor.close()


def make_pending(cr):
    """Make the changes that were left for the time before the commit: those of records, those of hooks, and what these left.

    :param cr: a cursor
    """
    cr.flush()
    cr.flush()


def has_changed(cr):
    """Tell whether anything may have been changed since :func:`watch`.

    :param cr: the cursor of a request
    :rtype: bool
    """
    return not isinstance(cr, Cursor) or getattr(cr._obj, "has_changed", True)


@functools.lru_cache(maxsize=1024)
def only_reads(query):
    """Tell whether a statement surely changes nothing.

    :param str query: without its parameters
    :rtype: bool
    """
    query = _COMMENT_LINE.sub("", query)
    if _HARMLESS.match(query):
        return ";" not in query
    return bool(_QUERY.match(query)) and not _CHANGE.search(query) and _READING.issuperset(
        name.lower() for name in _CALLED.findall(query)
    )


class _Watched(cursor):
    has_changed = False

    def execute(self, query, parameters=None):
        if not self.has_changed:
            text = query.as_string(self) if isinstance(query, Composable) else query
            self.has_changed = not (isinstance(text, str) and only_reads(text))
        return super().execute(query, parameters)

    def executemany(self, *args):
        self.has_changed = True
        return super().executemany(*args)

    def callproc(self, *args):
        self.has_changed = True
        return super().callproc(*args)

    def copy_from(self, *args, **kwargs):
        self.has_changed = True
        return super().copy_from(*args, **kwargs)

    def copy_expert(self, *args, **kwargs):
        self.has_changed = True
        return super().copy_expert(*args, **kwargs)
