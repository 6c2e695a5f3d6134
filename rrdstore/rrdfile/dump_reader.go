package rrdfile

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxToken bounds a tag, a text or a comment of XML, within the reader's buffer.
const maxToken = 1 << 16

// dumpReader reads XML of a fixed form. After the first error all its methods
// do nothing, so that callers look at err once.
type dumpReader struct {
	xml     *xml.Decoder
	meter   *meter
	comment func(string) // takes comments, nil for nobody
	err     error
}

func newDumpReader(r io.Reader) *dumpReader {
	m := &meter{r: r, left: maxToken}
	return &dumpReader{xml: xml.NewDecoder(m), meter: m}
}

// meter fails when too much is read for one token: the decoder itself would
// keep all of it.
type meter struct {
	r    io.Reader
	left int
	err  error // of r, other than the end
}

func (m *meter) Read(b []byte) (int, error) {
	if m.left <= 0 {
		return 0, fmt.Errorf("more than %d bytes in one token", maxToken)
	}
	n, err := m.r.Read(b[:min(len(b), m.left)])
	m.left -= n
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return n, err
}

func (d *dumpReader) line() int {
	line, _ := d.xml.InputPos()
	return line
}

func (d *dumpReader) fail(format string, args ...any) {
	if d.err == nil {
		d.err = formatError(format, args...)
	}
}

// check makes err the reader's, as one of the format.
func (d *dumpReader) check(err error) {
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("%w: %w", ErrFormat, err)
	}
}

// token is the next one of interest, nil at the end or after an error.
func (d *dumpReader) token() xml.Token {
	for d.err == nil {
		d.meter.left = maxToken
		t, err := d.xml.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if d.meter.err != nil {
			d.err = d.meter.err
		}
		d.check(err)
		switch t := t.(type) {
		case xml.StartElement, xml.EndElement, xml.CharData:
			return t
		case xml.Comment:
			if d.comment != nil {
				d.comment(string(t))
			}
		}
	}
	return nil
}

// child is the name of the next element within the open one, or false at the end
// of that. The caller reads the child to its end.
func (d *dumpReader) child() (string, bool) {
	for {
		switch t := d.token().(type) {
		case xml.StartElement:
			return t.Name.Local, true
		case xml.CharData:
			if s := strings.TrimSpace(string(t)); s != "" {
				d.fail("text %q between elements", s[:min(len(s), 40)])
			}
		case nil:
			d.fail("it ends too early")
			return "", false
		default:
			return "", false
		}
	}
}

// each calls do for every element within the open one.
func (d *dumpReader) each(do func(name string)) {
	for d.err == nil {
		name, ok := d.child()
		if !ok {
			return
		}
		do(name)
	}
}

// end reads what follows the last element, which is nothing.
func (d *dumpReader) end() {
	for t := d.token(); t != nil; t = d.token() {
		if s, is := t.(xml.CharData); !is || strings.TrimSpace(string(s)) != "" {
			d.fail("something follows the end")
		}
	}
}

// text is the content of the open element, which it ends, without space around.
func (d *dumpReader) text() string {
	var b strings.Builder
	for {
		switch t := d.token().(type) {
		case xml.CharData:
			b.Write(t)
			if b.Len() > maxToken {
				d.fail("a text of more than %d bytes", maxToken)
			}
		case xml.StartElement:
			d.fail("element %q in a text", t.Name.Local)
		case nil:
			d.fail("it ends too early")
			return ""
		default:
			return strings.TrimSpace(b.String())
		}
	}
}

// integer is a text that is a number from 0 to most.
func (d *dumpReader) integer(most int64) int64 { return d.parseInteger(d.text(), most) }

func (d *dumpReader) parseInteger(s string, most int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 || n > most {
		d.fail("%q is not an integer from 0 to %d", s[:min(len(s), 40)], most)
		return 0
	}
	return n
}

// float is a text that is a number, NaN or an infinity.
func (d *dumpReader) float() float64 {
	s := d.text()
	if strings.EqualFold(s, "-nan") {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		d.fail("%q is not a number", s[:min(len(s), 40)])
	}
	return v
}
