package timeline

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"plimsoll/alerting"
	"plimsoll/alerting/notify"
	"plimsoll/internal/config"
	"plimsoll/internal/query"
)

// Timeline is a story that was read.
type Timeline struct {
	Name string // of the file, without its ending

	path   string
	config alerting.Config
	start  time.Time
	every  time.Duration
	loads  []line
	events []line // in order of time
}

// line is one of a file: a series to load, or something to do at an instant.
type line struct {
	number int
	text   string
	at     time.Duration
	series string // of load
	do     act
}

// monday is when a story begins that does not say: a Monday, at midnight.
func monday() time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) }

// defaultEvery is how often agents send.
const defaultEvery = 15 * time.Second

var (
	separator = regexp.MustCompile(`(?m)^---[ \t]*\r?$\n?`)
	remark    = regexp.MustCompile(`(?m)^[ \t]*(#.*)?$`)
	firstWord = regexp.MustCompile(`^(at|load|every|start)[ \t]`)
)

// Is reports whether a file is a timeline: by its ending, or as its lines behind
// the head, if it has one, are.
func Is(path string, text []byte) bool {
	_, lines := split(text)
	return filepath.Ext(path) == ".timeline" || firstWord.Match(bytes.TrimSpace(remark.ReplaceAll(lines, nil)))
}

// split returns the head, nil if there is none, and the rest.
func split(text []byte) (head, lines []byte) {
	all := separator.FindAllIndex(text, -1)
	if len(all) == 0 {
		return nil, text
	}
	last := all[len(all)-1]
	if head = text[:last[0]]; len(bytes.TrimSpace(remark.ReplaceAll(head, nil))) == 0 {
		head = nil
	}
	return head, text[last[1]:]
}

// Parse reads a timeline. One without a head has the given configuration; nil:
// there is none.
func Parse(path string, text []byte, given *alerting.Config) (*Timeline, error) {
	t := &Timeline{Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), path: path, start: monday(), every: defaultEvery}
	head, lines := split(text)
	if err := t.configure(head, given); err != nil {
		return nil, err
	}
	var errs []error
	number := 1 + bytes.Count(text[:len(text)-len(lines)], []byte("\n"))
	for one := range strings.Lines(string(lines)) {
		l := line{number: number, text: strings.TrimSpace(one)}
		number++
		if l.text == "" || l.text[0] == '#' {
			continue
		}
		if err := t.add(l); err != nil {
			errs = append(errs, t.wrong(l, err))
		}
	}
	return t, errors.Join(append(errs, t.checkLoads())...)
}

// wrong says where an error is.
func (t *Timeline) wrong(l line, err error) error {
	return fmt.Errorf("%s:%d: %s\n  %w", t.path, l.number, l.text, err)
}

// configure reads the head.
func (t *Timeline) configure(head []byte, given *alerting.Config) error {
	if head == nil {
		if given == nil {
			return fmt.Errorf("%s: has no configuration, above a line of ---, and none is given", t.path)
		}
		t.config = *given
		return nil
	}
	c := alerting.Default()
	c.DefaultRules = false
	r := config.NewReport(t.path)
	config.Decode(head, &c, r)
	for i := range c.Contacts {
		if k := &c.Contacts[i]; len(k.Routes()) == 0 {
			k.Webhook = &notify.Webhook{URL: "http://contact.invalid/"}
		}
	}
	r.AddInvalid(c.RuleFiles.Load(filepath.Dir(t.path)))
	r.AddInvalid(c.Validate())
	t.config = c
	return r.Err()
}

// add reads one line.
func (t *Timeline) add(l line) error {
	first, rest := cut(l.text)
	if first != "at" && len(t.events) > 0 {
		return fmt.Errorf("what is no line of %q stands before the first of them", "at")
	}
	var err error
	switch first {
	case "start":
		t.start, err = time.Parse(time.RFC3339, rest)
		t.start = t.start.UTC().Truncate(time.Second)
	case "every":
		t.every, err = wholeSeconds(rest)
	case "load":
		l.series = rest
		t.loads = append(t.loads, l)
	case "at":
		return t.addEvent(l, rest)
	default:
		err = fmt.Errorf("want at, load, every or start, not %q", first)
	}
	return err
}

func (t *Timeline) addEvent(l line, rest string) (err error) {
	when, rest := cut(rest)
	if l.at, err = duration(when); err != nil {
		return err
	}
	if n := len(t.events); n > 0 && l.at < t.events[n-1].at {
		return fmt.Errorf("is before the line above it, at %v", t.events[n-1].at)
	}
	l.do, err = parseCommand(rest)
	t.events = append(t.events, l)
	return err
}

// checkLoads reads the series when all is known that their times depend on.
func (t *Timeline) checkLoads() error {
	var errs []error
	var seen []string
	for _, l := range t.loads {
		s, err := query.ParseScript(l.series, t.start, t.every)
		if err == nil && slices.Contains(seen, s.Labels.String()) {
			err = errors.New("that series is loaded twice")
		}
		if err != nil {
			errs = append(errs, t.wrong(l, err))
			continue
		}
		seen = append(seen, s.Labels.String())
	}
	return errors.Join(errs...)
}

// duration reads 90s, 1h30m or 2d.
func duration(text string) (time.Duration, error) {
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration as 90s, 1h30m or 2d", text)
	}
	return time.Duration(d), nil
}

func wholeSeconds(text string) (time.Duration, error) {
	d, err := duration(text)
	if err == nil && (d < time.Second || d%time.Second != 0) {
		err = fmt.Errorf("%q is not a number of whole seconds", text)
	}
	return d, err
}
