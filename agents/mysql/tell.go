package mysql

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"plimsoll/agents/batch"
)

// tell turns what a server told into samples.
func tell(b *batch.Batch, got answers) error {
	errs := []error{
		families(b, got.status),
		b.Fields(status(), numbers(got.status)),
		b.Fields(variables(), numbers(got.variables)),
		innodb(b, got.innodb),
	}
	if got.status["wsrep_provider_name"] != "" {
		errs = append(errs, b.Fields(galera(), numbers(got.status)))
	}
	if v := got.variables; v["version"] != "" {
		b.Gauge("mysql_version_info", 1, present(
			"version", v["version"], "version_comment", v["version_comment"], "innodb_version", v["innodb_version"],
		)...)
	}
	for _, r := range got.replicas {
		errs = append(errs, replica(b, r))
	}
	for _, r := range got.spaces {
		errs = append(errs, b.Fields(spaces(), r, "tablespace_name", r["name"]))
	}
	return errors.Join(append(errs, processes(b, got.processes))...)
}

// families tells the status values that share a family with others.
func families(b *batch.Batch, values row) error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(values)) {
		f, pairs := familyOf(key)
		if f.Name == "" || f.Name == perfLost && values[key] == "0" || f.Name == commands && values[key] == "0" {
			continue
		}
		f.Key = key
		errs = append(errs, b.Fields([]batch.Field{f}, values, pairs...))
	}
	return errors.Join(errs...)
}

// familyOf returns the family of a status value and its label; one without a name
// where it has none. The pages of the buffer pool are of two: states that they are
// in, and what became of them. Their total is the sum of the states.
func familyOf(key string) (batch.Field, []string) {
	for _, p := range shared() {
		rest, is := strings.CutPrefix(key, p.prefix)
		if !is {
			continue
		}
		switch {
		case p.field.Name != pageChanges:
			return p.field, []string{p.label, rest}
		case rest == "total" || rest == "dirty": // dirty is a family of its own
			return batch.Field{}, nil
		case rest == "data" || rest == "free" || rest == "misc" || rest == "old":
			return poolPages(), []string{"state", rest}
		}
		return p.field, []string{p.label, rest}
	}
	return batch.Field{}, nil
}

// logFile is the name of a binary log, such as bin.000012.
var logFile = regexp.MustCompile(`^\D.*\.(\d+)$`)

// number makes the words of states 1 or 0, and the name of a log file the number
// it ends with.
func number(value string) string {
	switch strings.ToLower(value) {
	case "yes", "on", "primary":
		return "1"
	case "no", "off", "disabled", "connecting", "preparing", "non-primary", "disconnected":
		return "0"
	}
	if m := logFile.FindStringSubmatch(value); m != nil {
		return m[1]
	}
	return value
}

// numbers makes numbers of all values that number knows; those that are empty are
// left out.
func numbers(values row) row {
	out := make(row, len(values))
	for key, value := range values {
		if value != "" {
			out[key] = number(value)
		}
	}
	return out
}

// replica tells of one source of a replica.
func replica(b *batch.Batch, r row) error {
	old := make(row, len(r))
	for key, value := range r {
		old[formerly(key)] = value
	}
	return b.Fields(follower(), numbers(old), present(
		"master_host", old["master_host"], "master_uuid", old["master_uuid"],
		"channel_name", old["channel_name"], "connection_name", old["connection_name"],
	)...)
}

// formerly makes of a column's present name the one it had before MySQL 8.0.22.
func formerly(column string) string {
	parts := strings.Split(column, "_")
	for i, part := range parts {
		switch part {
		case "source":
			parts[i] = "master"
		case "replica":
			parts[i] = "slave"
		}
	}
	return strings.Join(parts, "_")
}

// present leaves out the labels that are empty.
func present(pairs ...string) []string {
	var out []string
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			out = append(out, pair...)
		}
	}
	return out
}

// processes tells how many threads do what. States that differ only in what plain
// takes away are added up.
func processes(b *batch.Batch, all []row) error {
	type key struct{ command, state string }
	var errs []error
	sums := map[key][2]float64{}
	for _, r := range all {
		k := key{plain(r["command"]), plain(r["state"])}
		n, err := strconv.ParseFloat(r["threads"], 64)
		seconds, err2 := strconv.ParseFloat(cmp.Or(r["seconds"], "0"), 64)
		if err = errors.Join(err, err2); err != nil {
			errs = append(errs, fmt.Errorf("threads of %q: %w", r["command"], err))
			continue
		}
		sums[k] = [2]float64{sums[k][0] + n, sums[k][1] + seconds}
	}
	for k, sum := range sums {
		pairs := present("command", k.command, "state", k.state)
		for i, f := range threads() {
			b.Gauge(f.Name, sum[i], pairs...)
		}
	}
	return errors.Join(errs...)
}

// plain makes a label value of a state: lower case, all else but letters and
// digits one underscore.
func plain(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "_")
}

// What the InnoDB status says of queries, read views and undo.
var (
	inside  = regexp.MustCompile(`(?m)^(\d+) queries inside InnoDB, (\d+) queries in queue`)
	views   = regexp.MustCompile(`(?m)^(\d+) read views open inside InnoDB`)
	history = regexp.MustCompile(`(?m)^History list length (\d+)`)
)

// innodb tells what only the InnoDB status has. Which lines there are differs by
// version.
func innodb(b *batch.Batch, text string) error {
	values := row{}
	if m := inside.FindStringSubmatch(text); m != nil {
		values["inside"], values["queue"] = m[1], m[2]
	}
	if m := views.FindStringSubmatch(text); m != nil {
		values["views"] = m[1]
	}
	if m := history.FindStringSubmatch(text); m != nil {
		values["history"] = m[1]
	}
	if text != "" && len(values) == 0 {
		return fmt.Errorf("%.100q is no InnoDB status", text)
	}
	return b.Fields(engine(), values)
}
