package history

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"plimsoll/internal/metric"
)

// table reads CSV. The first line of a file names the series; a cell that holds
// nothing is no value.
//
//	time,load1,"http_requests_total{host=""a"",status=""200""}"
//	1700000000,0.25,17
//	2023-11-14T22:13:30Z,,18
type table struct {
	r       *reading
	head    verdict // why the header is bad, so that all lines are
	known   bool
	columns []uint32
}

func (t *table) begin([]byte) error {
	*t = table{r: t.r}
	return nil
}

func (t *table) parse(line []byte) verdict {
	if len(line) == 0 {
		return verdict{}
	}
	if !t.known {
		t.known = true
		t.head = t.header(line)
		return t.head
	}
	if t.head.reason != "" {
		return bad("bad header", "see the first line")
	}
	first, rest, more := bytes.Cut(line, []byte{','})
	at, err := instant(unquote(first))
	if err != nil {
		return bad("invalid time", "%v", err)
	}
	cells, v := t.row(rest, more)
	if v.reason != "" {
		return v
	}
	for i, c := range cells {
		if !c.there {
			continue
		}
		if v := t.r.sorter.value(t.columns[i], at, c.value); v.reason != "" {
			return v
		}
	}
	return verdict{}
}

// rowCell is a number in a row, or none.
type rowCell struct {
	value float64
	there bool
}

// row cuts the cells behind the time. Numbers hold no commas.
func (t *table) row(rest []byte, more bool) ([]rowCell, verdict) {
	cells := make([]rowCell, 0, len(t.columns))
	for more {
		var one []byte
		one, rest, more = bytes.Cut(rest, []byte{','})
		text := unquote(one)
		v, err := strconv.ParseFloat(text, 64)
		if text != "" && err != nil {
			return nil, bad("not a number", "column %d: %q", len(cells)+2, short(text))
		}
		cells = append(cells, rowCell{v, text != ""})
	}
	if len(cells) != len(t.columns) {
		return nil, bad("columns", "%d, the header has %d", len(cells)+1, len(t.columns)+1)
	}
	return cells, verdict{}
}

func unquote(b []byte) string { return string(bytes.Trim(b, ` "`)) }

func (t *table) header(line []byte) verdict {
	names, err := csv.NewReader(bytes.NewReader(line)).Read()
	if err != nil {
		return bad("bad header", "%v", err)
	}
	if names[0] != "time" || len(names) < 2 {
		return bad("bad header", "it is not time,series…")
	}
	for _, name := range names[1:] {
		l, err := seriesNamed(name)
		if err != nil {
			return bad("bad header", "series %q: %v", short(name), err)
		}
		id, v := t.r.sorter.find(l, metric.KindOf(l.Get(metric.NameLabel)), false)
		if v.reason != "" {
			return v
		}
		t.columns = append(t.columns, id)
	}
	return verdict{}
}

// seriesNamed reads name{label="value"}.
func seriesNamed(s string) (l labels.Labels, err error) {
	p := textparse.NewPromParser([]byte(s+" 0\n"), labels.NewSymbolTable(), false)
	entry, err := p.Next()
	if err != nil {
		return l, err
	}
	if entry != textparse.EntrySeries {
		return l, fmt.Errorf("no series")
	}
	if text, _, _ := p.Series(); string(text) != s {
		return l, fmt.Errorf("more than a series")
	}
	p.Labels(&l)
	return l, nil
}

// instant reads RFC 3339, or Unix seconds, in Unix milliseconds.
func instant(s string) (int64, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UnixMilli(), nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v*1000 <= maxMillis) {
		return 0, fmt.Errorf("%q is neither Unix seconds nor as 2006-01-02T15:04:05Z", short(s))
	}
	return int64(v*1000 + 0.5), nil
}
