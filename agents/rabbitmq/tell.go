package rabbitmq

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// overview is what /api/overview answers.
type overview struct {
	Version string             `json:"rabbitmq_version"`
	Erlang  string             `json:"erlang_version"`
	Cluster string             `json:"cluster_name"`
	Node    string             `json:"node"`
	Objects map[string]float64 `json:"object_totals"`
	Queues  map[string]any     `json:"queue_totals"`
	Traffic map[string]any     `json:"message_stats"`
}

// tellOverview tells the cluster's totals.
func tellOverview(b *batch.Batch, o overview) {
	b.Gauge("rabbitmq_version_info", 1, "rabbitmq", o.Version, "erlang", o.Erlang, "node", o.Node, "cluster", o.Cluster)
	values := map[string]string{}
	for key, n := range o.Objects {
		values["objects."+key] = strconv.FormatFloat(n, 'g', -1, 64)
	}
	flatten(values, "queues", o.Queues, 0)
	flatten(values, "traffic", o.Traffic, 0)
	_ = b.Fields(totals(), values, "cluster", o.Cluster) // all of them are numbers
}

// tellNodes tells of each node.
func tellNodes(b *batch.Batch, o overview, all []map[string]any) error {
	var errs []error
	for _, item := range all {
		name, _ := item["name"].(string)
		values := map[string]string{}
		flatten(values, "", item, 0)
		if err := b.Fields(nodes(), values, "cluster", o.Cluster, "node", name, "self", self(name == o.Node)); err != nil {
			errs = append(errs, fmt.Errorf("node %.100q: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// tellQueues tells of each queue.
func tellQueues(b *batch.Batch, o overview, all []map[string]any) error {
	var errs []error
	for _, item := range all {
		text := func(key string) string { s, _ := item[key].(string); return s }
		durable, _ := item["durable"].(bool)
		node := cmp.Or(text("node"), text("leader"))
		pairs := []string{
			"cluster", o.Cluster, "vhost", text("vhost"), "queue", text("name"),
			"durable", strconv.FormatBool(durable), "self", self(node == o.Node),
		}
		if policy := text("policy"); policy != "" {
			pairs = append(pairs, "policy", policy)
		}
		values := map[string]string{}
		flatten(values, "", item, 0)
		if err := b.Fields(queues(), values, pairs...); err != nil {
			errs = append(errs, fmt.Errorf("queue %.100q: %w", text("name"), err))
		}
		if state := text("state"); state != "" {
			if text("idle_since") != "" && state == "running" {
				state = "idle"
			}
			b.Flag(queueState, state == "running" || state == "idle", append(pairs, "state", state)...)
		}
	}
	return errors.Join(errs...)
}

func self(is bool) string {
	if is {
		return "1"
	}
	return "0"
}

// maxDepth is how deep numbers lie in the documents, and how deep they are looked
// for.
const maxDepth = 3

// flatten puts the numbers and truths of a document into values by their path;
// a list is its length.
func flatten(values map[string]string, path string, doc any, depth int) {
	switch v := doc.(type) {
	case float64:
		values[path] = strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		values[path] = self(v)
	case []any:
		values[path] = strconv.Itoa(len(v))
	case map[string]any:
		if depth == maxDepth {
			return
		}
		for key, part := range v {
			if path != "" {
				key = path + "." + key
			}
			flatten(values, key, part, depth+1)
		}
	}
}

// Meta describes the series of this package.
func Meta() []metric.Meta {
	return append(
		batch.Meta(totals(), nodes(), queues()),
		metric.Meta{Name: "rabbitmq_up", Type: "gauge", Help: "Whether the management API answered."},
		metric.Meta{Name: "rabbitmq_version_info", Type: "gauge", Help: "1, with versions, node and cluster as labels."},
		metric.Meta{Name: queueState, Type: "gauge", Help: "Whether a queue is running or idle (1), with its state as a label."},
		metric.Meta{Name: leftOut, Type: "gauge", Help: "Queues that were not told because there are more than are configured."},
	)
}
