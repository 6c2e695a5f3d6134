package redis

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// tell turns the answer to INFO into samples.
func tell(b *batch.Batch, info string) error {
	values := map[string]string{}
	var errs []error
	for line := range strings.Lines(info) {
		key, value, is := strings.Cut(strings.TrimSpace(line), ":")
		if !is {
			continue // the name of a section
		}
		values[key] = number(value)
		if f, pairs := fieldsOf(key); f != nil {
			errs = append(errs, wrap(key, b.Fields(f, parts(value), pairs...)))
		}
	}
	if values["redis_version"] == "" {
		return fmt.Errorf("%.100q is no answer to INFO", info)
	}
	identify(b, values)
	errs = append(errs, b.Fields(slices.Concat(server(), persistence(), traffic()), values), follower(b, values))
	return errors.Join(errs...)
}

func wrap(key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", key, err)
}

// number makes the words of statuses 1 or 0.
func number(value string) string {
	switch value {
	case "ok", "up":
		return "1"
	case "err", "fail", "down":
		return "0"
	}
	return value
}

// parts reads "calls=2,usec=12".
func parts(value string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(value, ",") {
		if k, v, is := strings.Cut(part, "="); is {
			out[k] = v
		}
	}
	return out
}

// fieldsOf returns what is told of the parts of a key, such as cmdstat_get, and
// the labels; nil for keys without parts.
func fieldsOf(key string) (fields []batch.Field, pairs []string) {
	if command, is := strings.CutPrefix(key, "cmdstat_"); is {
		return commands(), []string{"cmd", command}
	}
	if name, is := strings.CutPrefix(key, "errorstat_"); is {
		return failures(), []string{"err", name}
	}
	if digits := strings.TrimPrefix(key, "db"); digits != key && digits != "" && strings.Trim(digits, "0123456789") == "" {
		return databases(), []string{"db", key}
	}
	return nil, nil
}

// identify tells who the server is.
func identify(b *batch.Batch, values map[string]string) {
	pairs := []string{}
	for _, key := range []string{"redis_version", "redis_mode", "role", "os", "maxmemory_policy"} {
		pairs = append(pairs, key, values[key])
	}
	b.Gauge("redis_instance_info", 1, pairs...)
}

// follower tells of a replica's link to its master, and of a master's replicas.
func follower(b *batch.Batch, values map[string]string) error {
	var errs []error
	if host := values["master_host"]; host != "" {
		errs = append(errs, b.Fields(links(), values, "master_host", host, "master_port", values["master_port"]))
	}
	for i := 0; ; i++ {
		replica, is := values[fmt.Sprintf("slave%d", i)]
		if !is {
			return errors.Join(errs...)
		}
		p := parts(replica)
		errs = append(errs, b.Fields(replicas(), p, "slave_ip", p["ip"], "slave_port", p["port"], "slave_state", p["state"]))
	}
}

func commands() []batch.Field {
	return []batch.Field{
		{Key: "calls", Kind: metric.Counter, Name: "redis_commands_total", Help: "Calls of a command."},
		{Key: "usec", Kind: metric.Counter, Name: "redis_commands_duration_seconds_total", Help: "Time that calls of a command took.", Scale: 1e-6},
		{Key: "rejected_calls", Kind: metric.Counter, Name: "redis_commands_rejected_calls_total", Help: "Calls refused before they were carried out."},
		{Key: "failed_calls", Kind: metric.Counter, Name: "redis_commands_failed_calls_total", Help: "Calls that failed while they were carried out."},
	}
}

func failures() []batch.Field {
	return []batch.Field{{Key: "count", Kind: metric.Counter, Name: "redis_errors_total", Help: "Errors answered, by kind."}}
}

func databases() []batch.Field {
	return []batch.Field{
		{Key: "keys", Name: "redis_db_keys", Help: "Keys of a database."},
		{Key: "expires", Name: "redis_db_keys_expiring", Help: "Keys of a database that have an end."},
		{Key: "avg_ttl", Name: "redis_db_avg_ttl_seconds", Help: "Mean time that is left to them.", Scale: 1e-3},
	}
}

func links() []batch.Field {
	return []batch.Field{
		{Key: "master_link_status", Name: "redis_master_link_up", Help: "Whether the replica is connected to its master."},
		{Key: "master_last_io_seconds_ago", Name: "redis_master_last_io_seconds_ago", Help: "Seconds since the master was heard; -1: not connected."},
		{Key: "master_sync_in_progress", Name: "redis_master_sync_in_progress", Help: "Whether the replica is being given everything."},
		{Key: "slave_repl_offset", Name: "redis_slave_repl_offset", Help: "How far the replica is, in bytes."},
	}
}

func replicas() []batch.Field {
	return []batch.Field{
		{Key: "offset", Name: "redis_connected_slave_offset_bytes", Help: "How far a replica is, in bytes."},
		{Key: "lag", Name: "redis_connected_slave_lag_seconds", Help: "Seconds since a replica told how far it is."},
	}
}

func slowlog() []batch.Field {
	return []batch.Field{{Key: "slowlog", Name: "redis_slowlog_length", Help: "Commands kept in the log of slow ones."}}
}

// Meta describes the series of this package.
func Meta() []metric.Meta {
	return append(
		batch.Meta(server(), persistence(), traffic(), commands(), failures(), databases(), links(), replicas(), slowlog()),
		metric.Meta{Name: "redis_up", Type: "gauge", Help: "Whether Redis answered."},
		metric.Meta{Name: "redis_instance_info", Type: "gauge", Help: "1, with what the server says of itself as labels."},
	)
}
