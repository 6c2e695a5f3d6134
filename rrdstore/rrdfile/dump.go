package rrdfile

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

// Dump writes a file as the XML that rrdtool dump gives and rrdtool restore
// takes, on any architecture. It loses nothing: each number has the digits, up to
// 17, that tell it from all others, and what the format has no place for, the
// microseconds of the last update, stands in a comment that Restore reads.
//
// The content is copied first, so that a slow w holds up no writer.
func Dump(w io.Writer, f *File) error {
	st, rows, err := f.copyAll()
	if err != nil {
		return fmt.Errorf("dump %s: %w", f.path, err)
	}
	d := &dumper{w: bufio.NewWriter(w), schema: f.schema, state: &st}
	d.head()
	for i := range f.schema.DS {
		d.source(i)
	}
	for i := range f.schema.RRA {
		d.archive(i, rows[i])
	}
	d.line("</rrd>")
	if err := d.w.Flush(); err != nil {
		return fmt.Errorf("dump %s: %w", f.path, err)
	}
	return nil
}

// copyAll is the state and the rows of every archive, oldest first.
func (f *File) copyAll() (state, [][]float64, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	st := newState(len(f.schema.DS), len(f.schema.RRA))
	st.copyFrom(&f.state)
	rows := make([][]float64, len(f.rings))
	for i, r := range f.rings {
		var err error
		if rows[i], err = r.read(f.handle, (st.row[i]+1)%r.rows, r.rows, nil); err != nil {
			return st, nil, fmt.Errorf("archive %d: %w", i, err)
		}
	}
	return st, rows, nil
}

// dumper writes the elements; bufio keeps the first error of w for Flush.
type dumper struct {
	w      *bufio.Writer
	schema *Schema
	state  *state
}

func (d *dumper) line(format string, args ...any) {
	fmt.Fprintf(d.w, format+"\n", args...)
}

func (d *dumper) head() {
	d.line(`<?xml version="1.0" encoding="utf-8"?>`)
	d.line(`<!DOCTYPE rrd SYSTEM "https://oss.oetiker.ch/rrdtool/rrdtool.dtd">`)
	d.line("<!-- Round Robin Database Dump -->")
	d.line("<rrd>")
	d.line("\t<version>%s</version>", text([]byte(version)))
	d.line("\t<step>%d</step> <!-- Seconds -->", d.schema.Step)
	d.line("\t<lastupdate>%d</lastupdate> <!-- %s --> <!--%s%d-->",
		d.state.sec, stamped(d.state.sec), microsComment, d.state.usec)
}

// microsComment begins the comment behind the last update.
const microsComment = " microseconds "

func stamped(sec int64) string { return time.Unix(sec, 0).UTC().Format("2006-01-02 15:04:05 UTC") }

func (d *dumper) source(i int) {
	s, p := d.schema.DS[i], &d.state.pdp[i]
	d.line("\n\t<ds>")
	d.line("\t\t<name> %s </name>", s.Name)
	d.line("\t\t<type> %s </type>", s.Type)
	d.line("\t\t<minimal_heartbeat>%d</minimal_heartbeat>", s.Heartbeat)
	d.line("\t\t<min>%s</min>", decimal(s.Min))
	d.line("\t\t<max>%s</max>", decimal(s.Max))
	d.line("\n\t\t<!-- PDP Status -->")
	fmt.Fprint(d.w, "\t\t<last_ds>")
	_ = xml.EscapeText(d.w, []byte(p.lastText())) // Flush has the error
	d.line("</last_ds>")
	d.line("\t\t<value>%s</value>", decimal(p.value))
	d.line("\t\t<unknown_sec> %d </unknown_sec>", p.unknown)
	d.line("\t</ds>")
}

func (d *dumper) archive(i int, rows []float64) {
	a, n := d.schema.RRA[i], len(d.schema.DS)
	span := d.schema.Step * a.Steps
	d.line("\n\t<rra>")
	d.line("\t\t<cf>%s</cf>", a.CF)
	d.line("\t\t<pdp_per_row>%d</pdp_per_row> <!-- %d seconds -->", a.Steps, span)
	d.line("\n\t\t<params>\n\t\t<xff>%s</xff>\n\t\t</params>\n\t\t<cdp_prep>", decimal(a.XFF))
	for _, c := range d.state.cdp[i*n : (i+1)*n] {
		d.line("\t\t\t<ds>")
		d.line("\t\t\t<primary_value>%s</primary_value>", decimal(c.primary))
		d.line("\t\t\t<secondary_value>%s</secondary_value>", decimal(c.secondary))
		d.line("\t\t\t<value>%s</value>", decimal(c.value))
		d.line("\t\t\t<unknown_datapoints>%d</unknown_datapoints>", c.unknown)
		d.line("\t\t\t</ds>")
	}
	d.line("\t\t</cdp_prep>\n\t\t<database>")
	end := floor(d.state.sec, span) - (a.Rows-1)*span
	for ; len(rows) > 0; rows = rows[n:] {
		fmt.Fprintf(d.w, "\t\t\t<!-- %s / %d --> <row>", stamped(end), end)
		for _, v := range rows[:n] {
			fmt.Fprintf(d.w, "<v>%s</v>", decimal(v))
		}
		d.line("</row>")
		end += span
	}
	d.line("\t\t</database>\n\t</rra>")
}

// decimal is v in the fewest digits that mean it, in a form that librrd reads.
func decimal(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	return strconv.FormatFloat(v, 'e', -1, 64)
}
