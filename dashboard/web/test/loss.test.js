import assert from "node:assert/strict";
import test from "node:test";
import { lossAt, lossQuery, percent, takeLoss } from "../static/lib/loss.js";

test("the question names the listeners literally, and looks at all of a bucket", () => {
  const q = lossQuery(["udp://127.0.0.1:8125", "unixgram:///run/a+b.sock"]);
  const of = String.raw`plimsoll_counterd_lost_ratio{listener=~"udp://127\\.0\\.0\\.1:8125|unixgram:///run/a\\+b\\.sock"}`;
  assert.equal(q.expr((s) => s), `max(${of})`);
  assert.equal(q.expr((s) => s, 60), `max(max_over_time(${of}[60s]))`);
  assert.equal(lossQuery([]).expr((s) => s), "max(plimsoll_counterd_lost_ratio)");
});

test("a listener's name breaks out of no quotes", () => {
  assert.equal(lossQuery(['a"} or up{x="']).expr((s) => s), String.raw`max(plimsoll_counterd_lost_ratio{listener=~"a\"\\} or up\\{x=\""})`);
});

test("losses are taken out of the table", () => {
  const column = (query, values) => ({ query, labels: {}, values, before: null });
  const table = { times: [1, 2], columns: new Map([["a", column(0, [5, 6])], ["b", column(1, [0, 0.25])]]), live: 2, liveFrom: null, step: 10 };
  const { table: rest, lost } = takeLoss(table, [{ expr: () => "" }, lossQuery([])]);
  assert.deepEqual([[...rest.columns.keys()], lost], [["a"], [0, 0.25]]);
  assert.equal(takeLoss(table, [{ expr: () => "" }]).lost, undefined);
  assert.equal(lossAt({ lost }, 1), "25\u00a0%");
  assert.deepEqual([lossAt({ lost }, 0), lossAt({ lost }, -1), lossAt({}, 1)], ["", "", ""]);
});

test("a little is not nothing", () => {
  assert.deepEqual([percent(0.00001), percent(0.0123), percent(0.5), percent(1)], ["under 0.1\u00a0%", "1.2\u00a0%", "50\u00a0%", "100\u00a0%"]);
});
