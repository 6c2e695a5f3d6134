package rulefile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// A Group is rules that are evaluated in order, at the same instant.
type Group struct {
	File, Name string
	// Interval is how often; 0: as others. QueryOffset is how long before the
	// instant of the evaluation the rules look.
	Interval, QueryOffset time.Duration
	// Limit is how many alerts, or series, one rule may give; 0: any number.
	Limit int
	Rules []Rule
}

// A Rule is an alerting rule, with a name in Alert, or a recording rule, with
// one in Record.
type Rule struct {
	// Key tells the rule from all others. See the package comment.
	Key                 string
	Alert, Record, Expr string
	For, KeepFiringFor  time.Duration
	// Labels are those of the group and of the rule.
	Labels, Annotations map[string]string
}

// Name returns the name of the alert or of the series.
func (r Rule) Name() string { return cmp.Or(r.Alert, r.Record) }

// identity is what the rule's Key begins with.
func (r Rule) identity(g Group) string {
	kind := "alert"
	if r.Record != "" {
		kind = "record"
	}
	h := sha256.New()
	for _, part := range []string{g.File, g.Name, kind, r.Name(), labels.FromMap(r.Labels).String()} {
		_, _ = h.Write([]byte(part + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// with returns the labels of a group and, over them, those of a rule.
func with(group, rule map[string]string) map[string]string {
	all := maps.Clone(group)
	if all == nil {
		all = make(map[string]string, len(rule))
	}
	maps.Copy(all, rule)
	return all
}

// Duplicates returns the names of rules that give the same series as another,
// each once: by name and labels, as promtool tells it.
func Duplicates(groups []Group) []string {
	seen, told := map[string]int{}, []string(nil)
	for _, g := range groups {
		for _, r := range g.Rules {
			id := r.Name() + labels.FromMap(r.Labels).String()
			if seen[id]++; seen[id] == 2 {
				told = append(told, id)
			}
		}
	}
	return told
}
