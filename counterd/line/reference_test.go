package line

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// reference is the grammar of doc.go written down again, slow and plain, on
// strings and regular expressions: what Parse is held to.
type reference struct {
	maxName, maxTags int
	out              Line
}

var (
	refDecimal  = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
	refInfinite = regexp.MustCompile(`^(?i)[+-]?(nan|inf|infinity)$`)
	refInstant  = regexp.MustCompile(`^[0-9]{1,15}$`)
	refControl  = regexp.MustCompile(`[\x00-\x1f\x7f]`)
	refOrigin   = regexp.MustCompile(`^(c|e|card):`)
	refEvent    = regexp.MustCompile(`^_e\{([0-9]{1,7}),([0-9]{1,7})\}:`)
	refCheck    = regexp.MustCompile(`^_sc\|([^|]+)\|([0-3])(\|.*)?$`)
)

func (f *reference) parse(s string) Reason {
	f.out = Line{}
	event, check := strings.HasPrefix(s, "_e{"), strings.HasPrefix(s, "_sc|")
	visible := s
	if event || check {
		visible = strings.ReplaceAll(s, "\t", " ")
	}
	switch {
	case refControl.MatchString(visible):
		return BadControl
	case !utf8.ValidString(s):
		return BadUTF8
	case event:
		return f.event(s)
	case check:
		return f.check(s)
	}
	r := f.metric(s)
	if r == Good {
		r = f.limits(string(f.out.Name))
	}
	return r
}

func (f *reference) limits(name string) Reason {
	switch {
	case name == "":
		return BadEmptyName
	case len(name) > f.maxName:
		return BadLongName
	case len(f.out.Tags) > f.maxTags:
		return BadLongTags
	}
	return Good
}

func (f *reference) metric(s string) Reason {
	if before, after, is := strings.Cut(s, "|"); is {
		name, values, ok := strings.Cut(before, ":")
		if !ok {
			return BadNoValue
		}
		f.out.Name = []byte(name)
		return f.statsd(values, strings.Split(after, "|"))
	}
	name, value, timed := strings.Cut(s, ":")
	f.out.Name = []byte(name)
	if !timed {
		words := strings.FieldsFunc(s, func(c rune) bool { return c == ' ' })
		if len(words) == 3 && !strings.HasPrefix(s, " ") && refNumber(words[1]) && refNumber(words[2]) {
			return BadGraphite
		}
		f.add(Sample{Kind: Counter, Value: 1})
		return Good
	}
	v, r := refParse(strings.Trim(value, " "))
	if r != Good {
		return r
	}
	if rest, yes := strings.CutPrefix(name, "ok_"); yes {
		f.out.Name = []byte(rest)
		k := OK
		if v == 0 {
			k = Fail
		}
		f.add(Sample{Kind: k, Value: 1})
		return Good
	}
	if v < 0 {
		return BadNegative
	}
	f.add(Sample{Kind: Millis, Value: v})
	return Good
}

func (f *reference) add(s Sample) {
	s.Rate = 1
	f.out.Samples = append(f.out.Samples, s)
}

func refNumber(s string) bool {
	_, r := refParse(s)
	return r == Good
}

func refParse(s string) (float64, Reason) {
	switch {
	case s == "":
		return 0, BadNoValue
	case refInfinite.MatchString(s):
		return 0, BadNotFinite
	case !refDecimal.MatchString(s):
		return 0, BadNumber
	}
	v, _ := strconv.ParseFloat(s, 64)
	switch {
	case math.IsInf(v, 0):
		return 0, BadNotFinite
	case math.Abs(v) > 1e100:
		return 0, BadTooLarge
	}
	return v, Good
}

// statsd reads the values before a type and the parts after the first bar.
func (f *reference) statsd(values string, parts []string) Reason {
	first := 0
	for i, part := range parts {
		another := false
		switch {
		case values != "\x00": // a type is due
			typ, next, more := strings.Cut(part, ":")
			first = len(f.out.Samples)
			if r := f.typed(typ, values); r != Good {
				return r
			}
			values, another = next, more
		case strings.HasPrefix(part, "@"):
			rate, next, more := strings.Cut(part[1:], ":")
			v, r := refParse(strings.Trim(rate, " "))
			if r != Good || v < 1e-9 || v > 1 {
				return BadRate
			}
			for j := range f.out.Samples[first:] {
				f.out.Samples[first+j].Rate = v
				if s := f.out.Samples[first+j]; s.Kind == Counter && s.Value/v > 1<<53 {
					return BadTooLarge
				}
			}
			values, another = next, more
		default:
			if r := f.option(part); r != Good {
				return r
			}
		}
		if !another {
			values = "\x00" // no value holds it
		} else if i == len(parts)-1 {
			return BadNoType
		}
	}
	for _, s := range f.out.Samples {
		if f.out.At != 0 && s.Kind != Counter && s.Kind != Gauge {
			return BadTimestamp
		}
	}
	return Good
}

func (f *reference) typed(typ, values string) Reason {
	k, ok := map[string]Kind{"c": Counter, "ms": Millis, "h": Millis, "d": Value, "g": Gauge, "s": Set}[typ]
	if !ok {
		return BadType
	}
	if k == Set {
		if values == "" {
			return BadNoValue
		}
		f.add(Sample{Kind: Set, Member: []byte(values)})
		return Good
	}
	for _, word := range strings.Split(values, ":") {
		word = strings.Trim(word, " ")
		s := Sample{Kind: k}
		if k == Gauge {
			s.Delta = strings.HasPrefix(word, "+") || strings.HasPrefix(word, "-")
			word = strings.TrimPrefix(word, "=")
		}
		v, r := refParse(word)
		switch {
		case r != Good:
			return r
		case v < 0 && (k == Counter || k == Millis):
			return BadNegative
		case v > 1<<53 && k == Counter:
			return BadTooLarge
		}
		s.Value = v
		f.add(s)
	}
	return Good
}

func (f *reference) option(part string) Reason {
	switch {
	case strings.HasPrefix(part, "#") && f.out.Tags == nil:
		f.out.Tags = append([]byte{}, part[1:]...)
	case strings.HasPrefix(part, "T") && f.out.At == 0:
		at, ok := refTime(part[1:])
		if !ok {
			return BadTimestamp
		}
		f.out.At = at
	case refOrigin.MatchString(part):
		f.out.Ignored++
	default:
		return BadPart
	}
	return Good
}

func refTime(s string) (int64, bool) {
	at, err := strconv.ParseInt(s, 10, 64)
	return at, err == nil && refInstant.MatchString(s) && at > 0
}

func (f *reference) event(s string) Reason {
	m := refEvent.FindStringSubmatch(s)
	if m == nil {
		return BadEvent
	}
	s = s[len(m[0]):]
	title, _ := strconv.Atoi(m[1])
	text, _ := strconv.Atoi(m[2])
	if end := title + 1 + text; title == 0 || len(s) < end || s[title] != '|' || len(s) > end && s[end] != '|' {
		return BadEvent
	}
	newlines := strings.NewReplacer(`\n`, "\n")
	e := &Event{Title: newlines.Replace(s[:title]), Text: newlines.Replace(s[title+1 : title+1+text]), Priority: "normal", Type: "info"}
	f.out.Event = e
	for _, part := range strings.Split(s[title+1+text:], "|")[1:] {
		key, value, _ := strings.Cut(part, ":")
		switch {
		case key == "k":
			e.Key = value
		case key == "s":
			e.Source = value
		case key == "p" && (value == "low" || value == "normal"):
			e.Priority = value
		case key == "t" && (value == "error" || value == "warning" || value == "info" || value == "success"):
			e.Type = value
		case key == "p" || key == "t":
			return BadEvent
		default:
			if r := f.common(part, &e.At, &e.Host, &e.Tags, BadEvent); r != Good {
				return r
			}
		}
	}
	return Good
}

func (f *reference) common(part string, at *int64, host *string, tags *[]byte, bad Reason) Reason {
	switch {
	case strings.HasPrefix(part, "#"):
		*tags = []byte(part[1:])
		if len(*tags) > f.maxTags {
			return BadLongTags
		}
	case strings.HasPrefix(part, "h:"):
		*host = part[2:]
	case strings.HasPrefix(part, "d:"):
		var ok bool
		if *at, ok = refTime(part[2:]); !ok {
			return bad
		}
	case refOrigin.MatchString(part):
		f.out.Ignored++
	default:
		return BadPart
	}
	return Good
}

func (f *reference) check(s string) Reason {
	m := refCheck.FindStringSubmatch(s)
	if m == nil {
		return BadServiceCheck
	}
	if len(m[1]) > f.maxName {
		return BadLongName
	}
	c := &Check{Name: m[1], Status: int(m[2][0] - '0')}
	f.out.Check = c
	parts := strings.Split(m[3], "|")[1:]
	for i, part := range parts {
		if !strings.HasPrefix(part, "m:") {
			if r := f.common(part, &c.At, &c.Host, &c.Tags, BadServiceCheck); r != Good {
				return r
			}
			continue
		}
		message := parts[i:]
		for len(message) > 1 && refOrigin.MatchString(message[len(message)-1]) {
			message = message[:len(message)-1]
			f.out.Ignored++
		}
		c.Message = strings.NewReplacer(`m\:`, "m:", `\n`, "\n").Replace(strings.Join(message, "|")[2:])
		break
	}
	return Good
}
