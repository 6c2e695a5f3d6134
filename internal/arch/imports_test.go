package arch

import (
	"strings"
	"testing"
)

// roots are the packages that show the product. One never imports another:
// they meet in internal/metric, and internal/app wires them.
var roots = []string{"agents", "alerting", "capacity", "collector", "counterd", "dashboard", "rrdstore"}

// confined imports may stand only below the given packages. Tests are held to
// it too, except where the entry says so.
var confined = []struct {
	path       string
	only       []string
	testsMay   bool
	because    string
	exactMatch bool
}{
	{path: "C", only: []string{"rrdstore/librrd"}, because: "cgo stays in one small package", exactMatch: true},
	{path: "github.com/ziutek/rrd", only: []string{"rrdstore/librrd"}, because: "librrd has defects that its one caller knows"},
	{path: "github.com/gorilla/websocket", only: []string{"dashboard"}, testsMay: true, because: "only the dashboard speaks websocket"},
	{path: "modernc.org/sqlite", only: []string{"alerting"}, because: "only alert state and history are relational"},
	{path: "github.com/prometheus/prometheus/promql", only: []string{"internal/query", "alerting", "dashboard"}, testsMay: true, because: "one engine, so that a rule means the same everywhere; parsers may be used to validate"},
	{path: "github.com/gosnmp/gosnmp", only: []string{"agents/snmp", "collector/trap", "internal/usm", "internal/snmpsim", "internal/bench"}, testsMay: true, because: "one place asks devices, one is told by them"},
	{path: "github.com/lib/pq", only: []string{"agents/postgres"}, because: "one agent speaks its protocol"},
	{path: "github.com/go-sql-driver/mysql", only: []string{"agents/mysql"}, because: "one agent speaks its protocol"},
	{path: "plimsoll/internal/snmpsim", only: []string{"internal/bench"}, testsMay: true, because: "it simulates for tests and benchmarks"},
	{path: "github.com/getsentry/sentry-go", only: []string{"internal/app"}, because: "packages report errors to a function, the wiring knows Sentry"},
	{path: "github.com/goccy/go-yaml", only: []string{"internal/config", "agents/scrape"}, testsMay: true, because: "packages own a Config, one package reads files; file_sd's are YAML too"},
	{path: "github.com/prometheus/prometheus/model/rulefmt", only: []string{"alerting/rulefile"}, because: "one place knows rule files"},
	{path: "github.com/prometheus/prometheus/template", only: []string{"alerting/rule"}, because: "one place fills in the words of rules"},
	{path: "github.com/prometheus/statsd_exporter", only: []string{"counterd/mapping"}, testsMay: true, because: "its rules are ours, its daemon is not"},
	{path: "golang.org/x/image", only: []string{"internal/picture"}, because: "one place draws pixels"},
	{path: "flag", only: []string{"cmd", "internal/app", "internal/bench"}, testsMay: true, because: "configuration is no process state", exactMatch: true},
	{path: "github.com/prometheus/prometheus/tsdb", only: []string{"internal/query"}, because: "Prometheus' own storage adds 10 MB and is not ours", testsMay: true},
	{path: "plimsoll/internal/bench", only: []string{"internal/bench"}, because: "what measures the product is no part of it"},
	{path: "plimsoll/internal/history", only: []string{"internal/app", "cmd/plimsoll", "internal/history"}, because: "it reads what agents and counterd read: only the wiring stands above both"},
	{path: "plimsoll/internal/agent", only: []string{"cmd/plimsoll-agent", "internal/agent"}, testsMay: true, because: "the wiring is the top"},
	{path: "plimsoll/internal/app", only: []string{"cmd/plimsoll", "internal/app"}, testsMay: true, because: "the wiring is the top"},
}

func TestConfinedImports(t *testing.T) {
	for _, f := range load(t) {
		for _, path := range f.imports {
			for _, rule := range confined {
				if path != rule.path && (rule.exactMatch || !within(path, rule.path)) || f.test && rule.testsMay {
					continue
				}
				if !withinAny(f.pkg, rule.only) {
					t.Errorf("%s imports %s; only %s may: %s", f.path, path, strings.Join(rule.only, ", "), rule.because)
				}
			}
		}
	}
}

func withinAny(p string, dirs []string) bool {
	for _, d := range dirs {
		if within(p, d) {
			return true
		}
	}
	return false
}

func TestSiblingsDoNotKnowEachOther(t *testing.T) {
	for _, f := range load(t) {
		from := rootOf(f.pkg)
		if from == "" {
			continue
		}
		for _, path := range f.imports {
			p, is := ours(path)
			if to := rootOf(p); is && to != "" && to != from {
				t.Errorf("%s imports its sibling %s: let them meet in internal/metric, or in an interface of the consumer's", f.path, path)
			}
		}
	}
}

func rootOf(pkg string) string {
	for _, r := range roots {
		if within(pkg, r) {
			return r
		}
	}
	return ""
}

// leaves are internal packages and all that they may know of the product.
var leaves = map[string][]string{
	"agents/accesslog":         {},
	"agents/weblog/class":      {},
	"agents/weblog/top":        {},
	"agents/weblog/tail":       {},
	"agents/weblog/syslog":     {},
	"agents/weblog/count":      {"internal/metric", "internal/sketch", "agents/accesslog", "agents/weblog/class"},
	"agents/weblog/watch":      {"agents/accesslog", "agents/weblog/top"},
	"collector/inbound":        {},
	"collector/limit":          {"internal/metric"},
	"collector/push":           {"collector/inbound", "internal/durable", "internal/exposition", "internal/metric", "internal/sender"},
	"collector/otlp":           {"collector/inbound", "internal/metric", "internal/protobuf", "internal/sender", "internal/sketch"},
	"internal/certs":           {},
	"internal/exposition":      {"internal/metric"},
	"internal/sender":          {"internal/metric"},
	"internal/orders":          {"internal/sender"},
	"agents/handler":           {"internal/orders"},
	"alerting/handler":         {"internal/orders", "alerting/state"},
	"agents/ask":               {},
	"agents/batch":             {"internal/metric"},
	"agents/procs":             {"internal/procfs"},
	"agents/host":              {"agents/batch", "internal/exposition", "internal/metric", "internal/procfs"},
	"agents/spool":             {"agents/remote", "internal/metric", "internal/sketch", "internal/durable", "internal/remotewrite", "internal/wire"},
	"agents/snmp":              {"internal/metric", "internal/mib", "internal/usm"},
	"collector/trap":           {"internal/metric", "internal/mib", "internal/usm", "internal/durable"},
	"internal/mib":             {},
	"internal/usm":             {},
	"internal/snmpsim":         {"internal/mib"},
	"collector/farm":           {"internal/metric", "internal/sketch", "internal/durable", "internal/wire"},
	"counterd/admin":           {},
	"counterd/line":            {"internal/metric"},
	"counterd/mapping":         {"counterd/line"},
	"counterd/listen":          {"counterd/line"},
	"internal/metric":          {"internal/sketch"},
	"internal/sketch":          {"internal/wire"},
	"internal/wire":            {},
	"internal/config":          {},
	"internal/handout":         {},
	"internal/durable":         {},
	"internal/plugin":          {"internal/metric"},
	"internal/procfs":          {},
	"internal/protobuf":        {},
	"internal/secret":          {},
	"internal/query":           {"internal/metric"},
	"internal/picture":         {"internal/metric"},
	"internal/query/querytest": {"internal/metric", "internal/query"},
	"alerting/trend":           {},
	"alerting/builtin":         {"alerting/rule", "alerting/state", "alerting/trend", "internal/metric", "internal/query"},
	"internal/remotewrite":     {"internal/metric"},
	"internal/total":           {},
	"internal/remote":          {"internal/metric", "internal/total", "internal/sketch", "internal/durable", "internal/query", "internal/remotewrite", "internal/wire", "internal/protobuf"},
	"internal/history":         {"internal/metric", "internal/sketch", "agents/accesslog", "counterd/line"},
	"internal/live":            {"internal/metric", "internal/query"},
	"rrdstore/backlog":         {"internal/sketch", "internal/wire", "rrdstore/rrdfile"},
	"rrdstore/foreign":         {"internal/metric", "internal/query", "rrdstore/rrdfile"},
	"rrdstore/drawing":         {"internal/metric"},
	"counterd/spool":           {"internal/sketch", "internal/durable", "internal/wire"},

	"alerting/api":      {"alerting", "alerting/hold", "alerting/ledger", "alerting/match", "alerting/rota", "internal/metric", "internal/sender"},
	"alerting/ackpage":  {"alerting", "alerting/ledger", "alerting/link", "alerting/notify", "internal/metric"},
	"alerting/link":     {},
	"alerting/timeline": {"alerting", "internal/config", "internal/metric", "internal/query"},
	"alerting/depend":   {"alerting/match"},
	"alerting/quorum":   {"alerting/match", "internal/metric", "internal/query"},
	"alerting/match":    {},
	"alerting/period":   {},
	"alerting/rota":     {"alerting/period"},
	"alerting/hold":     {"alerting/match", "alerting/period"},

	"collector/port":            {},
	"collector/ganglia":         {"internal/durable", "internal/metric", "collector/outbox", "collector/port"},
	"collector/ganglia/cluster": {},
	"collector/ganglia/xdr":     {},
	"collector/graphite":        {"internal/metric", "collector/outbox", "collector/port"},
	"collector/outbox":          {"internal/metric"},
}

func TestLeavesStayLeaves(t *testing.T) {
	for _, f := range load(t) {
		allowed, is := leaves[f.pkg]
		if !is || f.test {
			continue
		}
		for _, path := range f.imports {
			if p, is := ours(path); is && !withinAny(p, append(allowed, f.pkg)) {
				t.Errorf("%s imports %s; %s may import only %v", f.path, path, f.pkg, allowed)
			}
		}
	}
}

// TestAgentStaysSmall follows the imports of plimsoll-agent through the module.
func TestAgentStaysSmall(t *testing.T) {
	files := load(t)
	seen := map[string]bool{}
	var follow func(pkg, via string)
	follow = func(pkg, via string) {
		if seen[pkg] {
			return
		}
		seen[pkg] = true
		for _, f := range files {
			if f.pkg != pkg || f.test {
				continue
			}
			for _, path := range f.imports {
				for _, heavy := range []string{"C", "modernc.org/sqlite", "github.com/prometheus/prometheus/promql", "github.com/prometheus/prometheus/tsdb"} {
					if within(path, heavy) {
						t.Errorf("plimsoll-agent reaches %s through %s and %s: it must be static and small", path, via, f.path)
					}
				}
				if p, is := ours(path); is {
					follow(p, via+" > "+p)
				}
			}
		}
	}
	follow("cmd/plimsoll-agent", "cmd/plimsoll-agent")
	if len(seen) < 4 {
		t.Fatalf("followed only %v", seen)
	}
}
