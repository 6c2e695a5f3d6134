package arch

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range load(t) {
		if f.test {
			continue
		}
		documented[f.pkg] = documented[f.pkg] || f.ast.Doc != nil && len(f.ast.Doc.Text()) > 40
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment that explains it", pkg)
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, f := range load(t) {
		for _, d := range f.ast.Decls {
			if fn, is := d.(*ast.FuncDecl); is && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init: make it a function that somebody calls", f.fset.Position(fn.Pos()))
			}
		}
	}
}

// clocks are the packages that may read the clock themselves. All others get
// `now` as a parameter, or a clock in their Config.
var clocks = map[string]string{
	"cmd":            "the edge of the process",
	"internal/app":   "the wiring gives its clock to the others",
	"internal/agent": "the wiring of the agent does the same",
	"internal/bench": "measures how long others take",
}

// tickers may read the clock in the files that hold their Run loop or talk to
// the outside; each is named, so that adding one is a decision.
var tickers = map[string]string{
	"agents/host/host.go":       "measures how long each part takes",
	"agents/runner.go":          "Run loop",
	"agents/scrape/endpoint.go": "loop of a target, and how long a scrape takes",
	"agents/scrape/scrape.go":   "Run loop",
	"agents/snmp/exchange.go":   "deadlines of requests",
	"agents/snmp/poll.go":       "measures how long a poll takes",
	"agents/snmp/rhythm.go":     "Run loops",
	"agents/snmp/session.go":    "when answers come",
	"agents/worker.go":          "measures how long an agent takes",
	"collector/collector.go":    "Run loop, and when a batch arrived or is asked about",
	"collector/from.go":         "when a batch arrived",
	"collector/handler.go":      "deadline of a request",
	"counterd/server.go":        "Run loop",
	"counterd/send.go":          "deadline of a client",
	"counterd/watch.go":         "answers a person",
	"counterd/listen/conn.go":   "deadlines of connections",

	"collector/trap/receiver.go": "Run loop",

	"agents/weblog/pipe/send.go":         "deadlines of a connection",
	"agents/weblog/syslog/connection.go": "deadlines of sockets",
	"agents/weblog/syslog/server.go":     "deadlines of sockets",
}

func TestClockIsPassedIn(t *testing.T) {
	for _, f := range load(t) {
		if f.test || tickers[f.path] != "" {
			continue
		}
		if root, _, _ := strings.Cut(f.pkg, "/"); clocks[root] != "" || clocks[f.pkg] != "" || within(f.pkg, "internal/bench") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if call, is := n.(*ast.CallExpr); is && isSelector(call.Fun, "time", "Now", "Since", "Until") {
				t.Errorf("%s: reads the clock: take now as a parameter", f.fset.Position(call.Pos()))
			}
			return true
		})
	}
}

func isSelector(e ast.Expr, pkg string, names ...string) bool {
	sel, is := e.(*ast.SelectorExpr)
	if !is {
		return false
	}
	if id, is := sel.X.(*ast.Ident); !is || id.Name != pkg {
		return false
	}
	for _, n := range names {
		if sel.Sel.Name == n {
			return true
		}
	}
	return false
}

// longest is how many lines a function may have outside tests. The median of
// the tree is far below; this keeps the tail short.
const longest = 60

func TestFunctionsStayShort(t *testing.T) {
	for _, f := range load(t) {
		if f.test {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, is := d.(*ast.FuncDecl)
			if !is || fn.Body == nil {
				continue
			}
			if n := lines(f.fset, fn); n > longest {
				t.Errorf("%s: %s has %d lines, more than %d", f.fset.Position(fn.Pos()), fn.Name.Name, n, longest)
			}
		}
	}
}

func lines(fset *token.FileSet, n ast.Node) int {
	return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1
}
