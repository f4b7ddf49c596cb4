# The bash example of Odoo 19's documentation of JSON-2: search, then read.
set -eu

BASE_URL=$ODOO_URL/json/2

call() {
    curl "$BASE_URL/res.partner/$1" \
        -X POST \
        --oauth2-bearer "$ODOO_API_KEY" \
        -H "X-Odoo-Database: $ODOO_DATABASE" \
        -H "Content-Type: application/json" \
        -d "$2" \
        --silent \
        --fail-with-body
}

ids=$(call search '{"context": {"lang": "en_US"}, "domain": [["name", "ilike", "%deco%"], ["is_company", "=", true]]}')
call read "{\"ids\": $ids, \"context\": {\"lang\": \"en_US\"}, \"fields\": [\"name\"]}"
