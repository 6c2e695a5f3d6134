package mongodb

import (
	"errors"
	"fmt"
	"strconv"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// tellStatus tells what serverStatus answered.
func tellStatus(b *batch.Batch, doc document) error {
	values := map[string]string{}
	flatten(values, "", doc)
	tickets(values)
	if version, is := doc["version"].(string); is {
		b.Gauge("mongodb_version_info", 1, "mongodb", version)
	}
	return b.Fields(status(), values)
}

// tickets puts those of 8.0, which are told in another place, where they were.
func tickets(values map[string]string) {
	for _, side := range []string{"read", "write"} {
		for _, what := range []string{"out", "available", "totalTickets"} {
			before := "wiredTiger.concurrentTransactions." + side + "." + what
			if now, is := values["queues.execution."+side+"."+what]; is && values[before] == "" {
				values[before] = now
			}
		}
	}
}

// tellSet tells what replSetGetStatus answered.
func tellSet(b *batch.Batch, doc document) error {
	values := map[string]string{}
	flatten(values, "", doc)
	err := b.Fields(set(), values)
	name, _ := doc["set"].(string)
	all, _ := doc["members"].([]any)
	newest, primary := lastOfPrimary(all)
	seen := map[string]bool{}
	for _, each := range all {
		m, _ := each.(document)
		host, _ := m["name"].(string)
		state, _ := m["stateStr"].(string)
		if host == "" || seen[host] {
			continue
		}
		seen[host] = true
		values := map[string]string{}
		flatten(values, "", m)
		if e := b.Fields(members(), values, "member_idx", host, "member_state", state); e != nil {
			err = errors.Join(err, fmt.Errorf("member %.100q: %w", host, e))
		}
		if at, is := m["optimeDate"].(date); is && primary && state == "SECONDARY" {
			b.Gauge(lag, float64(max(0, newest-at))/1000, "name", host, "state", state, "set", name)
		}
	}
	return err
}

// lastOfPrimary is when the primary of a set carried out its last operation, if
// there is a primary.
func lastOfPrimary(members []any) (date, bool) {
	for _, each := range members {
		m, _ := each.(document)
		if at, is := m["optimeDate"].(date); is && m["stateStr"] == "PRIMARY" {
			return at, true
		}
	}
	return 0, false
}

// flatten puts the numbers, truths and dates of a document into values by their
// path. Dates are in milliseconds, as the exporter has them.
func flatten(values map[string]string, path string, doc document) {
	for key, value := range doc {
		if path != "" {
			key = path + "." + key
		}
		switch v := value.(type) {
		case float64:
			values[key] = strconv.FormatFloat(v, 'g', -1, 64)
		case bool:
			values[key] = "0"
			if v {
				values[key] = "1"
			}
		case date:
			values[key] = strconv.FormatInt(int64(v), 10)
		case document:
			flatten(values, key, v)
		}
	}
}

// Meta describes the series of this package.
func Meta() []metric.Meta {
	return append(
		batch.Meta(status(), set(), members()),
		metric.Meta{Name: "mongodb_up", Type: "gauge", Help: "Whether the server answered."},
		metric.Meta{Name: "mongodb_version_info", Type: "gauge", Help: "1, with the server's version as a label."},
		metric.Meta{Name: lag, Type: "gauge", Help: "Seconds that a secondary's last operation is behind the primary's last."},
	)
}
