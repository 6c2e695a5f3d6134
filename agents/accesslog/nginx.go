package accesslog

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	layoutCLF = "02/Jan/2006:15:04:05 -0700"
	layoutISO = "2006-01-02T15:04:05-07:00"
)

// nginxTemplate reads the text of a log_format, or the whole directive.
func nginxTemplate(def string) (*template, error) {
	t := new(template)
	if rest, is := strings.CutPrefix(strings.TrimSpace(def), "log_format"); is {
		var err error
		if def, err = t.logFormat(rest); err != nil {
			return nil, err
		}
	}
	for def != "" {
		i := strings.IndexByte(def, '$')
		if i < 0 {
			t.literal(def)
			break
		}
		t.literal(def[:i])
		name, rest := variable(def[i+1:])
		if name == "" {
			return nil, fmt.Errorf("no variable at %q", cutShort(def[i:]))
		}
		def = rest
		if err := t.addVariable(name); err != nil {
			return nil, err
		}
	}
	return t, t.check()
}

// variable takes the name of a variable, which may stand in braces, off s.
func variable(s string) (name, rest string) {
	if strings.HasPrefix(s, "{") {
		name, rest, _ = strings.Cut(s[1:], "}")
		return name, rest
	}
	n := 0
	for n < len(s) && (isMethod(s[n:n+1]) || s[n] == '_' || digits(s[n:n+1])) {
		n++
	}
	return s[:n], s[n:]
}

// logFormat takes a directive apart: name, [escape=…], quoted pieces.
func (t *template) logFormat(s string) (string, error) {
	var text strings.Builder
	_, s, _ = strings.Cut(strings.TrimSpace(s), " ")
	for {
		s = strings.TrimSpace(s)
		switch {
		case s == "" || s == ";":
			return text.String(), nil
		case s[0] == '\'' || s[0] == '"':
			piece, rest, ok := quoted(s)
			if !ok {
				return "", errors.New("a quote is open at the end of log_format")
			}
			text.WriteString(piece)
			s = rest
		default:
			word, rest, _ := strings.Cut(s, " ")
			if strings.TrimSuffix(word, ";") == "escape=none" {
				t.escape = escapeNone
			} else if !strings.HasPrefix(word, "escape=") {
				return "", fmt.Errorf("%q in log_format has no quotes", cutShort(word))
			}
			s = rest
		}
	}
}

// quoted takes a quoted string off s; a backslash before a quote or a backslash
// goes.
func quoted(s string) (text, rest string, ok bool) {
	var out []byte
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return string(out), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`"'\`, s[i+1]) >= 0:
			i++
		}
		out = append(out, s[i])
	}
	return "", "", false
}

// addVariable adds what a variable holds.
func (t *template) addVariable(name string) error {
	shown := "$" + name
	switch name {
	case "is_args", "args", "query_string":
		if n := len(t.parts); n > 0 && t.parts[n-1].behind == "" {
			return nil // it belongs to the path before it
		}
	case "time_local":
		t.layout = layoutCLF
		return t.add(clockField(shown, " ", len(layoutCLF)))
	case "time_iso8601":
		t.layout = layoutISO
		return t.add(clockField(shown, " ", len(layoutISO)))
	case "msec":
		t.hasAt = true
		return t.add(epochField(shown, time.Second))
	}
	return t.add(nginxField(shown))
}

func nginxField(name string) field {
	switch name {
	case "$remote_addr":
		return clientField(name)
	case "$remote_user":
		return userField(name)
	case "$request":
		return requestField(name)
	case "$request_method":
		return textField(name, setMethod)
	case "$request_uri", "$uri", "$document_uri":
		return textField(name, (*Entry).target)
	case "$server_protocol":
		return textField(name, func(e *Entry, s string) { e.Proto = s })
	case "$status":
		return statusField(name)
	case "$body_bytes_sent", "$bytes_sent":
		return bytesField(name)
	case "$request_time":
		return elapsedField(name, time.Second)
	case "$upstream_response_time":
		return upstreamField(name)
	case "$upstream_addr":
		return textField(name, func(e *Entry, s string) { e.Server = s })
	case "$server_name":
		return hostField(name, true)
	case "$host", "$http_host":
		return hostField(name, false)
	case "$http_referer":
		return textField(name, func(e *Entry, s string) { e.Referer = s })
	case "$http_user_agent":
		return textField(name, func(e *Entry, s string) { e.UserAgent = s })
	}
	return skip(name)
}

func setMethod(e *Entry, s string) {
	if isMethod(s) {
		e.Method = s
	}
}
