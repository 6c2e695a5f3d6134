package conformance

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"plimsoll/counterd/line"
)

// Outcome parses b and says what comes of it, in the words of the table.
func Outcome(p *line.Parser, b []byte) string {
	if r := p.Parse(b); r != line.Good {
		return "refused " + r.String()
	}
	switch {
	case p.Event != nil:
		return event(p.Event) + ignored(p.Ignored)
	case p.Check != nil:
		return check(p.Check) + ignored(p.Ignored)
	}
	var out []string
	for i := range p.Samples {
		s := &p.Samples[i]
		tags, r := labelled(s.Kind, p.Tags)
		if r != line.Good {
			return "refused " + r.String()
		}
		text := fmt.Sprintf("%s %s %s%s", s.Kind, word(string(p.Name)), value(s), tags)
		if p.At != 0 {
			text += " @" + strconv.FormatInt(p.At, 10)
		}
		out = append(out, text+ignored(p.Ignored))
	}
	return strings.Join(out, "; ")
}

func value(s *line.Sample) string {
	weight := " w=" + number(1/s.Rate)
	switch s.Kind {
	case line.Millis:
		return number(s.Value/1000) + weight
	case line.Value:
		return number(s.Value) + weight
	case line.Set:
		return word(string(s.Member))
	case line.Gauge:
		if s.Delta && s.Value >= 0 {
			return "+" + number(s.Value)
		}
		if !s.Delta && s.Value < 0 {
			return "=" + number(s.Value)
		}
		return number(s.Value)
	}
	return number(s.Value / s.Rate)
}

// labelled shows the labels that tags give, without the name and what the kind
// says already.
func labelled(k line.Kind, tags []byte) (string, line.Reason) {
	if len(tags) == 0 {
		return "", line.Good
	}
	set, r := line.Labels(k, "x", tags)
	if r != line.Good {
		return "", r
	}
	text := strings.TrimPrefix(set.String(), `{__name__="x"`)
	if text = strings.TrimPrefix(text, ", "); text == "}" {
		return "", line.Good
	}
	return " {" + text, line.Good
}

func event(e *line.Event) string {
	return "event " + word(e.Title) + pairs("text", e.Text, "host", e.Host, "key", e.Key, "priority", e.Priority,
		"source", e.Source, "type", e.Type, "at", instant(e.At), "tags", string(e.Tags))
}

func check(c *line.Check) string {
	return fmt.Sprintf("check %s %d", word(c.Name), c.Status) +
		pairs("host", c.Host, "at", instant(c.At), "tags", string(c.Tags), "message", c.Message)
}

func pairs(keysAndValues ...string) string {
	out := ""
	for i := 0; i < len(keysAndValues); i += 2 {
		if v := keysAndValues[i+1]; v != "" {
			out += " " + keysAndValues[i] + "=" + word(v)
		}
	}
	return out
}

func instant(at int64) string {
	if at == 0 {
		return ""
	}
	return strconv.FormatInt(at, 10)
}

func ignored(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" ignored=%d", n)
}

// number shows whole numbers whole and others with 12 digits, since seconds and
// weights are quotients.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) <= 1<<53 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', 12, 64)
}

// word quotes what is not plainly a word.
func word(s string) string {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_-.:/", c) {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}
