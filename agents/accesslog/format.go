package accesslog

import (
	"fmt"
	"strings"
	"time"
)

// Format reads the lines of one kind of log. It does not change, and many
// goroutines may use it.
type Format struct {
	spec  string
	zone  *time.Location
	parse func(f *Format, line string, e *Entry) error
	form  *template
	// extended is of formats whose logs tell their fields.
	extended *extended
}

// Names returns the formats that have a name.
func Names() []string {
	return []string{"common", "combined", "vhost_combined", "nginx_timed", "apache_timed", "json", "squid", "haproxy", nameW3C, nameIIS}
}

const combined = `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`

// New returns the format that spec names or defines; see the package comment.
// zone is that of times without one; nil is UTC.
func New(spec string, zone *time.Location) (*Format, error) {
	f := &Format{spec: spec, zone: zone, parse: parseTemplate}
	if zone == nil {
		f.zone = time.UTC
	}
	var err error
	switch spec {
	case "common":
		f.form, err = apacheTemplate(`%h %l %u %t "%r" %>s %b`)
	case "combined":
		f.form, err = apacheTemplate(combined) // nginx' is the same
	case "vhost_combined":
		f.form, err = apacheTemplate("%v:%p " + combined)
	case "nginx_timed":
		f.form, err = nginxTemplate(`$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time`)
	case "apache_timed":
		f.form, err = apacheTemplate(combined + " %D")
	case "json":
		f.parse = parseJSON
	case "squid":
		f.parse = parseSquid
	case "haproxy":
		f.parse = parseHAProxy
	default:
		if f.extended = newExtended(spec); f.extended != nil {
			f.parse = parseExtended
			break
		}
		f.form, err = defined(spec)
	}
	if err != nil {
		return nil, fmt.Errorf("access log format %q: %w", cutShort(spec), err)
	}
	return f, nil
}

// defined reads a format that is told by its definition.
func defined(spec string) (*template, error) {
	if def, is := strings.CutPrefix(spec, "nginx:"); is {
		return nginxTemplate(def)
	}
	if def, is := strings.CutPrefix(spec, "apache:"); is {
		return apacheTemplate(def)
	}
	return nil, fmt.Errorf("unknown: known are %s, nginx:DEFINITION and apache:DEFINITION", strings.Join(Names(), ", "))
}

// String returns what New was given.
func (f *Format) String() string { return f.spec }

// Parse reads one line, without its end. On an error, a *ParseError, e is
// undefined.
func (f *Format) Parse(line string, e *Entry) error {
	*e = Entry{Bytes: -1}
	line = strings.TrimRight(line, "\r\n")
	return f.parse(f, line, e)
}
