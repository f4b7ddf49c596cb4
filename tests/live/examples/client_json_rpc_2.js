// Calls, errors, a notification and a batch with json-rpc-2.0 from npm.
const { JSONRPCClient } = require("json-rpc-2.0");

const { ODOO_URL, ODOO_DATABASE, ODOO_API_KEY } = process.env;
let status;
const client = new JSONRPCClient(async (message) => {
    const response = await fetch(ODOO_URL + "/jsonrpc2", {
        method: "POST",
        headers: {
            "Content-Type": "application/json",
            "Authorization": `Bearer ${ODOO_API_KEY}`,
            "X-Odoo-Database": ODOO_DATABASE,
        },
        body: JSON.stringify(message),
    });
    status = response.status;
    if (status === 200) {
        client.receive(await response.json());
    } else if (status !== 204) {
        throw new Error(response.statusText);
    }
});

(async () => {
    const [partner] = await client.request("res.partner.create", { vals_list: [{ name: "Rpc Client" }] });
    const read = await client.request("res.partner.read", [[partner], ["name"]]);
    await client.send({ jsonrpc: "2.0", method: "res.partner.write", params: [[partner], { ref: "notified" }] });
    const notified = status;
    const error = await client.request("res.partner.write", [[99999999], { ref: "x" }]).then(null, (reason) => reason);
    const answers = await client.requestAdvanced([
        { jsonrpc: "2.0", id: "a", method: "res.partner.read", params: { ids: [partner], fields: ["ref"] } },
        { jsonrpc: "2.0", id: "b", method: "res.partner.nope" },
        { jsonrpc: "2.0", id: "c", method: "call", params: { model: "res.partner", method: "search", args: [[["id", "=", partner]]] } },
    ]);
    const deleted = await client.request("res.partner.unlink", [[partner]]);
    const batch = Object.fromEntries(answers.map((answer) => [answer.id, answer.error ? answer.error.code : answer.result]));
    console.log(JSON.stringify({ partner, read, notified, error: [error.code, error.data.name], batch, deleted }));
})();
