package accesslog

import (
	"fmt"
	"strings"
	"time"
)

// apacheTemplate reads the text of a LogFormat, or the whole directive.
func apacheTemplate(def string) (*template, error) {
	t := &template{}
	if rest, is := strings.CutPrefix(strings.TrimSpace(def), "LogFormat"); is {
		rest = strings.TrimSpace(rest)
		text, _, ok := "", "", false
		if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
			text, _, ok = quoted(rest)
		}
		if !ok {
			return nil, fmt.Errorf("LogFormat without a quoted text: %q", cutShort(rest))
		}
		def = text
	}
	for def != "" {
		i := strings.IndexAny(def, `%\`)
		if i < 0 {
			t.literal(def)
			break
		}
		t.literal(def[:i])
		rest, err := t.escapeOrDirective(def[i:])
		if err != nil {
			return nil, err
		}
		def = rest
	}
	return t, t.check()
}

// escapeOrDirective reads what begins with a backslash or a percent sign.
func (t *template) escapeOrDirective(s string) (rest string, err error) {
	if s[0] == '\\' {
		if len(s) > 1 {
			out, used := undoBackslash(nil, s[1:])
			if used > 0 {
				t.literal(string(out))
				return s[1+used:], nil
			}
		}
		t.literal(s[:1])
		return s[1:], nil
	}
	arg, letter, rest := directive(s[1:])
	switch letter {
	case "":
		return "", fmt.Errorf("no directive at %q", cutShort(s))
	case "%":
		t.literal("%")
		return rest, nil
	}
	return rest, t.addDirective(arg, letter)
}

// directive reads [!][codes][<>][{arg}]letter, the percent sign is gone.
func directive(s string) (arg, letter, rest string) {
	s = strings.TrimLeft(s, "!0123456789,<>")
	if strings.HasPrefix(s, "{") {
		var ok bool
		if arg, s, ok = strings.Cut(s[1:], "}"); !ok {
			return "", "", ""
		}
		s = strings.TrimLeft(s, "<>")
	}
	if strings.HasPrefix(s, "^") && len(s) >= 3 { // %{name}^ti, trailers
		return arg, s[:3], s[3:]
	}
	if s == "" {
		return "", "", ""
	}
	return arg, s[:1], s[1:]
}

func (t *template) addDirective(arg, letter string) error {
	name := "%" + letter
	if arg != "" {
		name = "%{" + arg + "}" + letter
	}
	switch letter {
	case "t":
		return t.addTime(name, arg)
	case "q":
		if n := len(t.parts); n > 0 && t.parts[n-1].behind == "" {
			return nil // it belongs to the path before it
		}
	case "i":
		return t.add(headerField(name, arg))
	case "T":
		units := map[string]time.Duration{"ms": time.Millisecond, "us": time.Microsecond}
		if unit, known := units[arg]; known {
			return t.add(elapsedField(name, unit))
		}
		f := skip(name)
		f.fits = wholeOrNone
		return t.add(f)
	}
	return t.add(apacheField(name, letter))
}

func apacheField(name, letter string) field {
	switch letter {
	case "h", "a":
		return clientField(name)
	case "l":
		f := skip(name)
		f.fits = oneWord
		return f
	case "u":
		return userField(name)
	case "r":
		return requestField(name)
	case "s":
		return statusField(name)
	case "b", "B", "O":
		return bytesField(name)
	case "D":
		return elapsedField(name, time.Microsecond)
	case "m":
		return textField(name, setMethod)
	case "U":
		return textField(name, (*Entry).target)
	case "H":
		return textField(name, func(e *Entry, s string) { e.Proto = s })
	case "v", "V":
		return hostField(name, letter == "v")
	case "p", "P", "k", "I", "S":
		f := skip(name)
		f.fits = wholeOrNone
		return f
	}
	return skip(name)
}

func headerField(name, header string) field {
	switch strings.ToLower(header) {
	case "referer":
		return textField(name, func(e *Entry, s string) { e.Referer = s })
	case "user-agent":
		return textField(name, func(e *Entry, s string) { e.UserAgent = s })
	case "host":
		return hostField(name, false)
	}
	return skip(name)
}

// addTime adds one of the pieces that a time may be made of.
func (t *template) addTime(name, arg string) error {
	arg, ends := strings.CutPrefix(arg, "end:")
	arg, _ = strings.CutPrefix(arg, "begin:")
	t.begun = !ends
	units := map[string]time.Duration{"sec": time.Second, "msec": time.Millisecond, "usec": time.Microsecond}
	switch arg {
	case "":
		t.literal("[")
		if err := t.addClock(name, " ", layoutCLF, len(layoutCLF)); err != nil {
			return err
		}
		t.literal("]")
		return nil
	case "sec", "msec", "usec":
		t.hasAt = true
		return t.add(epochField(name, units[arg]))
	case "msec_frac":
		return t.addClock(name, ".", "000", 3)
	case "usec_frac":
		return t.addClock(name, ".", "000000", 6)
	}
	layout, err := strftime(arg)
	if err != nil {
		return err
	}
	return t.addClock(name, " ", layout, len(layout))
}

// addClock adds a piece of the time. All pieces are as long as their layouts.
func (t *template) addClock(name, before, layout string, width int) error {
	if t.layout != "" {
		t.layout += before
	}
	t.layout += layout
	return t.add(clockField(name, before, width))
}

// strftime turns a format of C into one of Go.
func strftime(s string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out.WriteByte(s[i])
			continue
		}
		i++
		piece := ""
		if i < len(s) {
			piece = conversion(s[i])
		}
		if piece == "" {
			return "", fmt.Errorf("time format %q has what is not understood, or has no fixed length", cutShort(s))
		}
		out.WriteString(piece)
	}
	return out.String(), nil
}

func conversion(c byte) string {
	switch c {
	case 'd':
		return "02"
	case 'e':
		return "_2"
	case 'b', 'h':
		return "Jan"
	case 'a':
		return "Mon"
	case 'm':
		return "01"
	case 'y':
		return "06"
	case 'Y':
		return "2006"
	case 'H':
		return "15"
	case 'M':
		return "04"
	case 'S':
		return "05"
	case 'z':
		return "-0700"
	case 'T':
		return "15:04:05"
	case 'F':
		return "2006-01-02"
	}
	return ""
}
