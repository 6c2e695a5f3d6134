// Sends with hot-shots what TestHotShots expects.
//
//	node hotshots.js OPTIONS      the client's own options, as JSON
"use strict";
const StatsD = require("hot-shots");

// The dice of sample rates: of twenty throws each share counts exactly.
let throws = 0;
Math.random = () => (throws++ % 20) / 20;

const client = new StatsD({
	...JSON.parse(process.argv[2]),
	globalTags: { app: "shop" },
	errorHandler: (err) => { throw err; },
});

function times(n, f) { for (let i = 0; i < n; i++) f(i); }

client.increment("page_view");
client.increment("page_view", 4);
client.increment(["apples", "pears"], 2, ["ripe", "from:farm:7"]);
client.decrement("page_view");
client.timing("db", 250);
client.timing("db", 750.5, { table: "photos" });
times(20, () => client.timing("slow", 100, 0.5));
client.histogram("wait", 40);
client.distribution("size", -512);
client.distribution("size", 1536);
client.gauge("temp", 21);
client.gaugeDelta("temp", 4);
client.gaugeDelta("temp", -5.5);
client.set("users", "bob");
client.unique("users", "ann");
client.set("users", "bob");
times(40, () => client.increment("sampled", 3, 0.25));
client.gauge("stamped", 7, { timestamp: new Date() });
client.event("deployed", "7.3.1\nby anna", { alert_type: "success", hostname: "web3", aggregation_key: "d7", source_type_name: "ci", priority: "low", date_happened: new Date() }, { env: "prod" });
client.check("can_connect", client.CHECKS.WARNING, { hostname: "web3", message: "slow: 3 s", date_happened: new Date() }, { env: "prod" });
client.close((err) => { if (err) throw err; });
