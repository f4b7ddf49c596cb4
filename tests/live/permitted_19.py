"""What may differ from native Odoo 19, by the names of the requests in requests_19.py."""

# Rule 2 of the design: native answers 500 to what is plainly the client's mistake; ours is 422 with one clear sentence.
RULE_2 = """
domain is a text
unknown field in the domain
ids is a text
ids of a text
context is a text
read, ids true
write, ids true
read, ids 1.0
write, ids 1.0
read, ids [true]
write, ids [true]
read, ids [[1]]
write, ids [[1]]
read, ids [1, "a"]
write, ids [1, "a"]
context 0
context false
context 1
context [1]
context {"lang": ["en_US"]}
context {"allowed_company_ids": 1}
body {"self": 1}
body {"domain": [], "self": 1}
domain null
domain ""
domain 0
domain ["name", "=", "x"]
domain [["name", "="]]
domain [["name", "~~", "x"]]
domain ["&"]
domain ["|", ["id", "=", 1]]
domain [["id", "=", "abc"]]
domain [["nofield.x", "=", 1]]
domain [["parent_id.nofield", "=", 1]]
domain [1]
domain [[1, 2, 3]]
domain {"a": 1}
domain 5
domain [["create_date", ">", "bad"]]
domain [["id", "in", ["a"]]]
domain [["name", "=", {"a": 1}]]
domain ["!"]
domain [["category_id", "in", [[1]]]]
domain [["name", "in", [["x"]]]]
domain [["parent_id", "any", [["nofield", "=", 1]]]]
domain [["parent_id", "any", "x"]]
domain [["name", "=", "x"], "&"]
domain [[]]
domain [null]
domain [["create_date", ">", 5]]
domain [["name", 5, "x"]]
domain [[["name"], "=", "x"]]
order "bad"
order 5
order "nofield asc"
order "parent_id.name"
order true
order ["name"]
order "image_128"
limit "x"
limit -1
limit true
limit 99999999999999999999
limit [1]
limit {"a": 1}
offset "x"
offset -1
offset true
offset 99999999999999999999
offset [1]
offset {"a": 1}
read, fields "name"
read, fields ["nofield"]
read, fields [1]
read, fields 5
read, fields {"a": 1}
read, fields [null]
read, fields [["name"]]
read, fields [""]
search_read, fields "name"
search_read, fields ["nofield"]
search_read, fields [1]
search_read, fields 5
search_read, fields {"a": 1}
search_read, fields [null]
search_read, fields [["name"]]
search_read, fields [""]
create {"nofield": 1}
write {"nofield": 1}
create {"parent_id": "x"}
create {"category_id": [[6, 0, ["x"]]]}
write {"category_id": [[6, 0, ["x"]]]}
create {"category_id": "x"}
write {"category_id": "x"}
create {"category_id": [[0, 0, {"nofield": 1}]]}
write {"category_id": [[0, 0, {"nofield": 1}]]}
create {"color": "x"}
write {"color": "x"}
create "x"
write "x"
create 5
write 5
create null
write null
write []
create [[]]
write [[]]
create [null]
write [null]
create {"color": 99999999999999}
write {"color": 99999999999999}
create {"type": "nonsense"}
write {"type": "nonsense"}
create {"name": "d", "partner_latitude": "x"}
write {"name": "d", "partner_latitude": "x"}
create {"": 1}
write {"": 1}
create {"name": "f", "child_ids": [{"name": "g"}]}
write {"name": "f", "child_ids": [{"name": "g"}]}
body: NaN
body: Infinity
body: NUL
body: lone surrogate
create a lone surrogate
attachment that is no base64
read_group by nonsense
read_group of nonsense
formatted_read_group by nonsense
formatted_read_group of nonsense
formatted_read_group by a number
web_read of nonsense
has_access to nonsense
field of no access
field that is restricted to administrators as internal
field that is restricted to administrators as portal
""".strip().splitlines()

# The same for a body that Python's parser cannot read: 400, as for every other body that cannot be parsed.
RULE_2_UNREADABLE = ["body: nested too deeply"]

# Ids that are no integers: native answers 200 with an empty or nonsensical result, or 404; ours is 422.
IDS_THAT_ARE_NO_INTEGERS = """
read, ids "1"
write, ids "1"
read, ids ["1"]
write, ids ["1"]
read, ids {"1": 2}
write, ids {"1": 2}
read, ids [1.5]
write, ids [1.5]
read, ids [null]
write, ids [null]
""".strip().splitlines()

# Native makes a call of OPTIONS; ours only says that it could be made with POST.
OPTIONS = ["OPTIONS of a call", "verb OPTIONS /json/2/a/b", "verb OPTIONS /json/2/res.partner/search_count"]
