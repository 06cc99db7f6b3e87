// An order service on node-soap: document/literal, WS-Security UsernameToken, a hundred orders to a reply at most.
// Usage: node orders.js PORT USER PASSWORD, with node-soap in NODE_PATH. GET /figures tells what it holds, as JSON.
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const http = require("http");
const path = require("path");
const soap = require("soap");

const [port, user, password] = process.argv.slice(2);
const MOST = 100;
const WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
const GOODS = [["M001", "龙井礼盒 <特级>", 153300], ["M002", "茶具 & 茶盘", 28880], ["M003", "普洱熟茶饼", 9655]];
const STATES = ["open", "cancelled"]; // of the first two of every ten; the others are completed

const money = (cents) => `${cents < 0 ? "-" : ""}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, "0")}`;
const beijing = (at) => new Date(at + 8 * 3600e3).toISOString().replace("Z", "+08:00");
const start = Date.UTC(2026, 0, 5, 1, 0, 0);

function lines(wanted) {
  return wanted.map(([sku, quantity], place) => {
    const [, name, price] = GOODS.find(([code]) => code === sku);
    return { No: place + 1, Sku: sku, Name: name, Quantity: String(quantity), Price: money(price), Amount: money(price * quantity), cents: price * quantity };
  });
}

function order(place) {
  const sign = place % 25 === 24 ? -1 : 1;
  const wanted = [...Array(1 + (place % 3)).keys()].map((number) => [GOODS[(place + number) % 3][0], sign * (1 + ((place * 7 + number) % 5))]);
  const made = lines(wanted);
  return {
    Number: `SO${String(place + 1).padStart(5, "0")}`,
    Status: STATES[place % 10] || "completed",
    CustomerCode: `C${String((place % 12) + 1).padStart(3, "0")}`,
    OrderedAt: beijing(start + place * 3600e3),
    ModifiedAt: beijing(start + 40 * 86400e3 + Math.floor(place / 30) * 1000), // thirty at the same instant
    Currency: "CNY",
    Total: money(made.reduce((sum, line) => sum + line.cents, 0)),
    ...(sign < 0 ? { ReturnOf: `SO${String(place).padStart(5, "0")}` } : {}),
    ...(place % 8 === 5 ? { Remark: "请用礼品纸包装 & 附卡片" } : {}),
    Lines: { Line: made.map(({ cents, ...line }) => line) },
  };
}

const orders = [...Array(250).keys()].map(order);
const customers = [..."王李张刘陈杨赵黄周吴徐孙"].map((surname, place) => ({
  Code: `C${String(place + 1).padStart(3, "0")}`,
  Name: `${surname}记商行`,
  ...(place === 3 ? {} : { Mobile: `139${String(place + 1).padStart(8, "0")}` }),
  Points: 0,
  ModifiedAt: beijing(start),
}));

function fault(code, text, detail) {
  return { Fault: { faultcode: `soap:${code}`, faultstring: text, detail, statusCode: 500 } };
}

// Sorted by (ModifiedAt, key); the next page begins after the row that `After` names.
function page(all, key, { ModifiedFrom, After, Limit }) {
  const from = new Date(ModifiedFrom).toISOString();
  const at = (row) => `${new Date(row.ModifiedAt).toISOString()} ${row[key]}`;
  const found = all.filter((row) => at(row) >= from && (!After || at(row) > After)).sort((a, b) => (at(a) < at(b) ? -1 : 1));
  const rows = found.slice(0, Math.min(Number(Limit) || MOST, MOST));
  return { rows, Next: rows.length < found.length ? at(rows[rows.length - 1]) : undefined };
}

function create({ ExternalId, CustomerCode, Remark, Lines }) {
  const known = orders.find((one) => one.ExternalId === ExternalId);
  if (known) throw fault("Client", `外部单号 ${ExternalId} 已存在`, { Code: "DUPLICATE", Number: known.Number });
  if (!customers.some((one) => one.Code === CustomerCode)) throw fault("Client", `客户 ${CustomerCode} 不存在`, { Code: "NO_CUSTOMER" });
  const made = lines([].concat(Lines.Line).map((line) => [line.Sku, Number(line.Quantity)]));
  const Number_ = `SO${String(orders.length + 1).padStart(5, "0")}`;
  orders.push({
    Number: Number_, Status: "open", CustomerCode, OrderedAt: beijing(Date.now()), ModifiedAt: beijing(Date.now()), Currency: "CNY",
    Total: money(made.reduce((sum, line) => sum + line.cents, 0)), Remark, ExternalId, Lines: { Line: made.map(({ cents, ...line }) => line) },
  });
  return { Number: Number_ };
}

const doors = {
  ListOrders: (asked) => { const { rows, Next } = page(orders, "Number", asked); return { Order: rows, Next }; },
  ListCustomers: (asked) => { const { rows, Next } = page(customers, "Code", asked); return { Customer: rows, Next }; },
  GetOrder({ Number }) {
    const found = orders.find((one) => one.Number === Number);
    if (!found) throw fault("Client", `订单 ${Number} 不存在`, { Code: "NOT_FOUND" });
    return { Order: found };
  },
  CreateOrder: create,
  UpdateCustomer({ Code, Points, Remark }) {
    const found = customers.find((one) => one.Code === Code);
    if (!found) throw fault("Client", `客户 ${Code} 不存在`, { Code: "NO_CUSTOMER" });
    Object.assign(found, Points === undefined ? {} : { Points }, Remark === undefined ? {} : { Remark }, { ModifiedAt: beijing(Date.now()) });
    return { Customer: found };
  },
};

const nonces = new Set();
function admitted(security) {
  const token = security && security.UsernameToken;
  if (!token || token.Username !== user) return false;
  const given = token.Password.$value ?? token.Password;
  if (token.Password.attributes?.Type !== WSSE) return given === password;
  const nonce = token.Nonce.$value ?? token.Nonce;
  if (nonces.has(nonce)) return false; // a token that was used already
  nonces.add(nonce);
  const made = Buffer.concat([Buffer.from(nonce, "base64"), Buffer.from(token.Created + password)]);
  return given === crypto.createHash("sha1").update(made).digest("base64");
}

const server = http.createServer((request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.statusCode = request.url === "/figures" ? 200 : 404;
  response.end(JSON.stringify({ orders, customers }));
});
server.listen(Number(port), "127.0.0.1", () => {
  const wsdl = fs.readFileSync(path.join(__dirname, "orders.wsdl"), "utf8").replace("http://127.0.0.1/orders", `http://127.0.0.1:${port}/orders`);
  soap.listen(server, { path: "/orders", services: { Orders: { OrdersPort: doors } }, xml: wsdl }).authenticate = admitted;
});
