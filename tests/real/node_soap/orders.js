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
const PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0";
const GOODS = new Map([
  ["M001", { name: "龙井礼盒 <特级>", price: 153300 }],
  ["M002", { name: "茶具 & 茶盘", price: 28880 }],
  ["M003", { name: "普洱熟茶饼", price: 9655 }],
]);
const STATES = ["open", "cancelled"]; // of the first two of every ten; the others are completed
const START = Date.UTC(2026, 0, 5, 1, 0, 0);
const HOUR = 3600e3;

function money(cents) {
  const digits = String(Math.abs(cents)).padStart(3, "0");
  return `${cents < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function beijing(at) {
  return new Date(at + 8 * HOUR).toISOString().replace("Z", "+08:00");
}

function numbered(prefix, width, place) {
  return prefix + String(place).padStart(width, "0");
}

// The lines and the total of [sku, quantity] pairs.
function priced(wanted) {
  const amounts = wanted.map(([sku, quantity]) => GOODS.get(sku).price * quantity);
  const lines = wanted.map(([sku, quantity], place) => ({
    No: place + 1,
    Sku: sku,
    Name: GOODS.get(sku).name,
    Quantity: String(quantity),
    Price: money(GOODS.get(sku).price),
    Amount: money(amounts[place]),
  }));
  return { Total: money(amounts.reduce((sum, amount) => sum + amount, 0)), Lines: { Line: lines } };
}

function seeded(place) {
  const sign = place % 25 === 24 ? -1 : 1; // a return
  const skus = [...GOODS.keys()];
  const wanted = Array.from({ length: 1 + (place % 3) }, (_, number) => [
    skus[(place + number) % skus.length],
    sign * (1 + ((place * 7 + number) % 5)),
  ]);
  const { Total, Lines } = priced(wanted);
  return {
    Number: numbered("SO", 5, place + 1),
    Status: STATES[place % 10] || "completed",
    CustomerCode: numbered("C", 3, (place % 12) + 1),
    OrderedAt: beijing(START + place * HOUR),
    ModifiedAt: beijing(START + 960 * HOUR + Math.floor(place / 30) * 1000), // thirty at the same instant
    Currency: "CNY",
    Total,
    ...(sign < 0 ? { ReturnOf: numbered("SO", 5, place) } : {}),
    ...(place % 8 === 5 ? { Remark: "请用礼品纸包装 & 附卡片" } : {}),
    Lines,
  };
}

const orders = Array.from({ length: 250 }, (_, place) => seeded(place));
const customers = [..."王李张刘陈杨赵黄周吴徐孙"].map((surname, place) => ({
  Code: numbered("C", 3, place + 1),
  Name: `${surname}记商行`,
  ...(place === 3 ? {} : { Mobile: numbered("139", 8, place + 1) }),
  Points: 0,
  ModifiedAt: beijing(START),
}));

function fault(text, detail) {
  return { Fault: { faultcode: "soap:Client", faultstring: text, detail, statusCode: 500 } };
}

function found(all, key, value, what, code) {
  const one = all.find((row) => row[key] === value);
  if (!one) throw fault(`${what} ${value} 不存在`, { Code: code });
  return one;
}

// Sorted by (ModifiedAt, key); the next page begins after the row that `After` names.
function page(all, key, { ModifiedFrom, After = "", Limit }) {
  const from = new Date(ModifiedFrom).toISOString();
  const at = (row) => `${new Date(row.ModifiedAt).toISOString()} ${row[key]}`;
  const left = all.filter((row) => at(row) >= from && at(row) > After).sort((a, b) => (at(a) < at(b) ? -1 : 1));
  const rows = left.slice(0, Math.min(Number(Limit) || MOST, MOST));
  return { rows, next: rows.length < left.length ? at(rows[rows.length - 1]) : undefined };
}

const doors = {
  ListOrders(asked) {
    const { rows, next } = page(orders, "Number", asked);
    return { Order: rows, Next: next };
  },
  ListCustomers(asked) {
    const { rows, next } = page(customers, "Code", asked);
    return { Customer: rows, Next: next };
  },
  GetOrder({ Number: number }) {
    return { Order: found(orders, "Number", number, "订单", "NOT_FOUND") };
  },
  CreateOrder({ ExternalId, CustomerCode, Remark, Lines }) {
    const known = orders.find((one) => one.ExternalId === ExternalId);
    if (known) throw fault(`外部单号 ${ExternalId} 已存在`, { Code: "DUPLICATE", Number: known.Number });
    found(customers, "Code", CustomerCode, "客户", "NO_CUSTOMER");
    const now = beijing(Date.now());
    const made = {
      Number: numbered("SO", 5, orders.length + 1),
      Status: "open",
      CustomerCode,
      OrderedAt: now,
      ModifiedAt: now,
      Currency: "CNY",
      Remark,
      ExternalId,
      ...priced([].concat(Lines.Line).map((line) => [line.Sku, Number(line.Quantity)])),
    };
    orders.push(made);
    return { Number: made.Number };
  },
  UpdateCustomer({ Code, Points, Remark }) {
    const one = found(customers, "Code", Code, "客户", "NO_CUSTOMER");
    one.ModifiedAt = beijing(Date.now());
    if (Points !== undefined) one.Points = Points;
    if (Remark !== undefined) one.Remark = Remark;
    return { Customer: one };
  },
};

const nonces = new Set();
function admitted(security) {
  const token = security && security.UsernameToken;
  if (!token || token.Username !== user) return false;
  const given = token.Password.$value ?? token.Password;
  if (token.Password.attributes?.Type !== `${PROFILE}#PasswordDigest`) return given === password;
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
  const address = `http://127.0.0.1:${port}/orders`;
  const xml = fs.readFileSync(path.join(__dirname, "orders.wsdl"), "utf8").replace("http://127.0.0.1/orders", address);
  const service = soap.listen(server, { path: "/orders", services: { Orders: { OrdersPort: doors } }, xml });
  service.authenticate = admitted;
});
