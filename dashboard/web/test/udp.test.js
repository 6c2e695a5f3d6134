import assert from "node:assert/strict";
import test from "node:test";
import { sendCommand } from "../static/lib/udp.js";

test("a command names the address that is listened on", () => {
  assert.equal(sendCommand("db-query:250", "127.0.0.1:8125", "x"), "printf 'db-query:250\\n' | nc -u -q0 127.0.0.1 8125");
});

test("who listens everywhere is reached where the page came from", () => {
  const target = (address, here) => sendCommand("a", address, here).split("-q0 ")[1];
  for (const address of ["0.0.0.0:9", "[::]:9", ":9"]) assert.equal(target(address, "mon.example"), "mon.example 9", address);
  assert.equal(target("[::]:9", "[::1]"), "::1 9");
  assert.equal(target("[fe80::1]:9", "x"), "fe80::1 9");
});
