package accesslog

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// template is a log line as literals and fields in turn:
//
//	head field literal field literal … field literal
type template struct {
	head   string
	parts  []part
	escape escaping
	layout string // of the pieces of the time, put together
	begun  bool   // the time is when the request came
	hasAt  bool
}

// part is a field and what stands behind it.
type part struct {
	field
	behind string
}

// field is what a template knows of one directive.
type field struct {
	name  string
	fits  func(string) bool // nil: any text may stand there
	set   func(d *draft, s string) bool
	width int  // 0: up to the literal behind it
	text  bool // escapes are to be undone
	list  bool // may hold " : "
}

// draft is an entry in the making.
type draft struct {
	*Entry
	clock  string // the pieces of the time
	second time.Time
}

const (
	maxFields = 64
	// maxTries bounds the ways to cut a line that are tried.
	maxTries = 2000
)

// literal puts text behind the last field.
func (t *template) literal(s string) {
	if len(t.parts) == 0 {
		t.head += s
		return
	}
	t.parts[len(t.parts)-1].behind += s
}

// add puts a field behind all others.
func (t *template) add(f field) error {
	if len(t.parts) == maxFields {
		return fmt.Errorf("more than %d fields", maxFields)
	}
	if n := len(t.parts); n > 0 {
		if last := t.parts[n-1]; last.behind == "" && last.width == 0 {
			return fmt.Errorf("nothing between %s and %s", last.name, f.name)
		}
	}
	t.parts = append(t.parts, part{field: f})
	return nil
}

func (t *template) check() error {
	if !t.hasAt && t.layout == "" {
		return errors.New("it has no time")
	}
	return nil
}

// matching is one try to cut a line.
type matching struct {
	t       *template
	escaped bool // a quote behind a backslash ends nothing
	tries   int
	values  [maxFields]string
	reached int    // the field that no way got past
	rest    string // what stood there
}

// cut finds the values of the fields from i on.
func (m *matching) cut(i int, rest string) bool {
	if i >= m.reached {
		m.reached, m.rest = i, rest
	}
	if i == len(m.t.parts) {
		return rest == ""
	}
	p := &m.t.parts[i]
	if i == len(m.t.parts)-1 {
		v, ok := strings.CutSuffix(rest, p.behind)
		return ok && m.take(i, v) && m.cut(i+1, "")
	}
	if p.width > 0 {
		return len(rest) >= p.width && strings.HasPrefix(rest[p.width:], p.behind) &&
			m.take(i, rest[:p.width]) && m.cut(i+1, rest[p.width+len(p.behind):])
	}
	for end := 0; ; end++ {
		next := strings.Index(rest[end:], p.behind)
		if next < 0 {
			return false
		}
		end += next
		after := rest[end+len(p.behind):]
		if m.escaped && p.behind[0] == '"' && backslashes(rest[:end])%2 == 1 || p.list && strings.HasPrefix(after, ": ") {
			continue
		}
		if m.take(i, rest[:end]) && m.cut(i+1, after) {
			return true
		}
		if m.tries++; m.tries > maxTries {
			return false
		}
	}
}

func (m *matching) take(i int, v string) bool {
	m.values[i] = v
	fits := m.t.parts[i].fits
	return fits == nil || fits(v)
}

func backslashes(s string) int {
	n := len(s)
	for n > 0 && s[n-1] == '\\' {
		n--
	}
	return len(s) - n
}

func parseTemplate(f *Format, line string, e *Entry) error {
	t := f.form
	rest, ok := strings.CutPrefix(line, t.head)
	if !ok {
		return bad(BadShape, line, "does not begin with %q", t.head)
	}
	m := matching{t: t, escaped: t.escape != escapeNone}
	if !m.cut(0, rest) {
		again := matching{t: t}
		if !m.escaped || !again.cut(0, rest) {
			return m.failed(line)
		}
		m = again
	}
	d := draft{Entry: e}
	for i := range t.parts {
		p, v := &t.parts[i], m.values[i]
		if p.set == nil {
			continue
		}
		if p.text {
			v = t.escape.undo(v)
		}
		if !p.set(&d, v) {
			return bad(BadNumber, line, "%s is %q", p.name, v)
		}
	}
	return d.finish(f, line)
}

func (m *matching) failed(line string) error {
	if m.reached == len(m.t.parts) {
		return bad(BadShape, line, "more behind the last field")
	}
	return bad(BadShape, line, "%s and what follows is not %q", m.t.parts[m.reached].name, m.rest)
}

// finish works out when the response was finished.
func (d *draft) finish(f *Format, line string) error {
	at := d.second
	if f.form.layout != "" && d.clock != "" {
		var err error
		if at, err = time.ParseInLocation(f.form.layout, d.clock, f.zone); err != nil {
			return bad(BadTime, line, "%q", d.clock)
		}
	}
	if !sane(at) {
		return bad(BadTime, line, "%s is not within the years 1990 to 2200", at.UTC().Format(time.RFC3339))
	}
	if f.form.begun && d.DurationKnown {
		at = at.Add(d.Duration)
	}
	d.At = at.UTC()
	return nil
}

// sane tells whether a log can be of that time; it keeps all arithmetic in range.
func sane(t time.Time) bool { return t.Year() >= 1990 && t.Year() < 2200 }
