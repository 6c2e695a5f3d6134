package haproxy

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// tellStat turns the answer to show stat into samples. Columns are found by the
// header: their number and order change from version to version.
func tellStat(b *batch.Batch, text string) error {
	if !strings.HasPrefix(text, "# ") {
		return fmt.Errorf("%.100q is not a table of statistics", text)
	}
	r := csv.NewReader(strings.NewReader(text[2:]))
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	header, err := r.Read()
	if err != nil {
		return err
	}
	header = append([]string(nil), header...)
	tables := tables()
	var errs []error
	for {
		row, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return errors.Join(errs...)
		case err != nil:
			return errors.Join(append(errs, err)...)
		}
		values := make(map[string]string, len(row))
		for i, v := range row {
			if i < len(header) && v != "" {
				values[header[i]] = v
			}
		}
		if err := tellRow(b, tables, values); err != nil {
			errs = append(errs, fmt.Errorf("%s/%s: %w", values["pxname"], values["svname"], err))
		}
	}
}

// table is what is told of rows of one type.
type table struct {
	prefix string // of the series
	fields []batch.Field
	states []string
}

// tables are those of the types 0, 1 and 2: frontend, backend and server.
// Sockets, type 3, are left out: they are there with option socket-stats only.
func tables() map[string]table {
	out := map[string]table{}
	for i, name := range []string{"frontend", "backend", "server"} {
		t := table{prefix: "haproxy_" + name + "_", states: []string{"DOWN", "UP"}}
		if name == "server" {
			t.states = append(t.states, "MAINT", "DRAIN", "NOLB")
		}
		for _, c := range columns() {
			if strings.Contains(c.of, name[:1]) {
				f := c.Field
				f.Name = t.prefix + f.Name
				t.fields = append(t.fields, f)
			}
		}
		out[fmt.Sprint(i)] = t
	}
	return out
}

// tellRow tells of one frontend, backend or server.
func tellRow(b *batch.Batch, tables map[string]table, values map[string]string) error {
	t, is := tables[values["type"]]
	if !is {
		return nil
	}
	pairs := []string{"proxy", values["pxname"]}
	if values["type"] == "2" {
		pairs = append(pairs, "server", values["svname"])
	}
	now := state(values["status"])
	for _, s := range t.states {
		b.Flag(t.prefix+"status", s == now, append(pairs, "state", s)...)
	}
	if code := values["check_code"]; code == "" {
		delete(values, "check_code")
	}
	return b.Fields(t.fields, values, pairs...)
}

// state is one of the states of haproxy_…_status, of a status such as "UP 1/3"
// (about to go down), "MAINT (via a/b)" and "no check".
func state(status string) string {
	first, _, _ := strings.Cut(status, " ")
	switch first {
	case "OPEN", "no":
		return "UP"
	case "STOP":
		return "DOWN"
	}
	return first
}

// tellInfo turns the answer to show info into samples.
func tellInfo(b *batch.Batch, text string) error {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, is := strings.Cut(strings.TrimSpace(line), ": "); is {
			values[key] = value
		}
	}
	if values["Name"] == "" || values["Version"] == "" {
		return fmt.Errorf("%.100q is no information about a process", text)
	}
	b.Gauge("haproxy_process_build_info", 1, "version", values["Version"])
	return b.Fields(processFields(), values)
}

// Meta describes the series of this package.
func Meta() []metric.Meta {
	all := batch.Meta(processFields())
	for _, t := range tables() {
		all = append(append(all, batch.Meta(t.fields)...),
			metric.Meta{Name: t.prefix + "status", Type: "gauge", Help: "1 for the state it is in, 0 for the others."})
	}
	return append(all,
		metric.Meta{Name: "haproxy_up", Type: "gauge", Help: "Whether HAProxy answered."},
		metric.Meta{Name: "haproxy_process_build_info", Type: "gauge", Help: "1, with the version as label."})
}
