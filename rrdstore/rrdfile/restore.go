package rrdfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// maxRestoreBytes bounds the file that Restore makes.
const maxRestoreBytes = 1 << 30

// Restore reads the XML of Dump, or of rrdtool dump for version 0003, and returns
// the bytes of the file that it describes, to be put in place with Replace. What
// rrdtool dumped has lost digits beyond the eleventh and all below a second.
//
// It takes memory in proportion to what it reads, up to a file of 1 GiB. Errors
// say the line, and wrap ErrFormat unless reading failed.
func Restore(r io.Reader) ([]byte, error) {
	in := newDumpReader(r)
	out := &dumped{in: in}
	if name, ok := in.child(); !ok || name != "rrd" {
		in.fail("no rrd element")
	}
	in.each(out.element)
	in.end()
	if in.err == nil {
		in.check(out.schema.Validate())
	}
	if in.err != nil {
		return nil, fmt.Errorf("restore: line %d: %w", in.line(), in.err)
	}
	return out.bytes(), nil
}

// dumped is a file read from XML.
type dumped struct {
	in     *dumpReader
	schema Schema
	state  state
	rows   [][]float64 // by archive, oldest first
	size   int64       // bytes of rows, by now
}

// element takes one child of rrd.
func (d *dumped) element(name string) {
	in := d.in
	switch name {
	case "version":
		if v := in.text(); v != text([]byte(version)) {
			in.fail("version %q", v)
		}
	case "step":
		d.schema.Step = in.integer(maxSeconds)
	case "lastupdate":
		d.state.sec = in.integer(maxSeconds)
		in.comment = d.remark
	case "ds":
		in.comment = nil
		if len(d.schema.RRA) > 0 || len(d.schema.DS) == maxDS {
			in.fail("data source after %d others and %d archives", len(d.schema.DS), len(d.schema.RRA))
			return
		}
		d.schema.DS = append(d.schema.DS, DS{Min: math.NaN(), Max: math.NaN()})
		d.state.pdp = append(d.state.pdp, pdp{text: "U", value: math.NaN()})
		in.each(d.source)
	case "rra":
		in.comment = nil
		if len(d.schema.RRA) == maxRRA {
			in.fail("more than %d archives", maxRRA)
			return
		}
		d.schema.RRA = append(d.schema.RRA, RRA{XFF: math.NaN()})
		d.rows = append(d.rows, nil)
		in.each(d.archive)
		d.endArchive()
	default:
		in.fail("element %q in rrd", name)
	}
}

// remark takes the comment in which Dump puts the microseconds.
func (d *dumped) remark(s string) {
	if digits, is := strings.CutPrefix(s, microsComment); is {
		d.state.usec = d.in.parseInteger(digits, micros-1)
	}
}

func (d *dumped) source(name string) {
	in, s, p := d.in, &d.schema.DS[len(d.schema.DS)-1], &d.state.pdp[len(d.schema.DS)-1]
	switch name {
	case "name":
		s.Name = in.text()
	case "type":
		s.Type = in.text()
	case "minimal_heartbeat":
		s.Heartbeat = in.integer(maxSeconds)
	case "min":
		s.Min = in.float()
	case "max":
		s.Max = in.float()
	case "last_ds":
		if p.text = in.text(); len(p.text) >= lastBytes {
			in.fail("last reading %q is too long", p.text)
		}
	case "value":
		p.value = in.float()
	case "unknown_sec":
		p.unknown = uint64(in.integer(math.MaxInt64))
	default:
		in.fail("element %q in a data source", name)
	}
}

func (d *dumped) archive(name string) {
	in, a := d.in, &d.schema.RRA[len(d.schema.RRA)-1]
	switch name {
	case "cf":
		a.CF = in.text()
	case "pdp_per_row":
		a.Steps = in.integer(maxSeconds)
	case "params":
		in.each(func(name string) {
			if name != "xff" {
				in.fail("parameter %q", name)
				return
			}
			a.XFF = in.float()
		})
	case "cdp_prep":
		in.each(d.openRow)
	case "database":
		in.each(d.row)
	default:
		in.fail("element %q in an archive", name)
	}
}

func (d *dumped) openRow(name string) {
	if name != "ds" || len(d.state.cdp) == len(d.schema.RRA)*len(d.schema.DS) {
		d.in.fail("element %q after %d data sources of cdp_prep", name, len(d.schema.DS))
		return
	}
	d.state.cdp = append(d.state.cdp, cdp{value: math.NaN(), primary: math.NaN(), secondary: math.NaN()})
	c := &d.state.cdp[len(d.state.cdp)-1]
	d.in.each(func(name string) {
		switch name {
		case "primary_value":
			c.primary = d.in.float()
		case "secondary_value":
			c.secondary = d.in.float()
		case "value":
			c.value = d.in.float()
		case "unknown_datapoints":
			c.unknown = uint64(d.in.integer(math.MaxInt64))
		default:
			d.in.fail("element %q in cdp_prep", name)
		}
	})
}

func (d *dumped) row(name string) {
	rows := &d.rows[len(d.rows)-1]
	was, width := len(*rows), len(d.schema.DS)
	if d.size += 8 * int64(width); name != "row" || d.size > maxRestoreBytes {
		d.in.fail("element %q in a database, after %d bytes of rows", name, d.size)
		return
	}
	d.in.each(func(name string) {
		if name != "v" || len(*rows)-was == width {
			d.in.fail("element %q after %d values of a row", name, len(*rows)-was)
			return
		}
		*rows = append(*rows, d.in.float())
	})
	if d.in.err == nil && len(*rows)-was != width {
		d.in.fail("%d values in a row, want %d", len(*rows)-was, width)
	}
}

// endArchive counts what has come. The newest row will be the last of its ring.
func (d *dumped) endArchive() {
	n := len(d.schema.DS)
	if d.in.err != nil {
		return
	}
	if n == 0 || len(d.state.cdp) != n*len(d.schema.RRA) {
		d.in.fail("%d data sources, cdp_prep of %d", n, len(d.state.cdp)-n*(len(d.schema.RRA)-1))
		return
	}
	a := &d.schema.RRA[len(d.schema.RRA)-1]
	a.Rows = int64(len(d.rows[len(d.rows)-1]) / n)
	d.state.row = append(d.state.row, a.Rows-1)
}

// bytes is the file.
func (d *dumped) bytes() []byte {
	l := layoutOf(len(d.schema.DS), len(d.schema.RRA))
	b := make([]byte, l.rows, d.schema.FileBytes())
	encodeSchema(&d.schema, b)
	d.state.encode(&d.schema, b[l.live:])
	for _, rows := range d.rows {
		for _, v := range rows {
			b = binary.LittleEndian.AppendUint64(b, bitsOf(v))
		}
	}
	return b
}
