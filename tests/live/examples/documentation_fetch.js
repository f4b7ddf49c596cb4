// The JavaScript example of Odoo 19's documentation of JSON-2: `search read` is what it means, `search_read search_read`
// what it prints.
const [search, read] = process.argv.slice(2);
const BASE_URL = process.env.ODOO_URL + "/json/2";
const headers = {
    "Content-Type": "application/json",
    "Authorization": "bearer " + process.env.ODOO_API_KEY,
    "X-Odoo-Database": process.env.ODOO_DATABASE,
};

async function call(method, body) {
    const request = {method: "POST", headers: headers, body: JSON.stringify(body)};
    const response = await fetch(`${BASE_URL}/res.partner/${method}`, request);
    const answer = await response.json();
    if (!response.ok) throw new Error(`${response.status} ${answer.message}`);
    return answer;
}

(async () => {
    const context = {lang: "en_US"};
    const ids = await call(search, {context, domain: [["name", "ilike", "%deco%"], ["is_company", "=", true]]});
    const names = await call(read, {ids, context, fields: ["name"]});
    console.log(JSON.stringify(names));
})();
