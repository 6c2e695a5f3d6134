package accesslog

import (
	"encoding/json"
	"strings"
	"time"
)

// object is the fields of a line by their keys.
type object map[string]json.RawMessage

// text returns the first value of several keys that is not empty, nor "-".
func (o object) text(keys ...string) (value, key string) {
	for _, k := range keys {
		raw, has := o[k]
		if !has || len(raw) == 0 {
			continue
		}
		s := string(raw)
		if raw[0] == '"' && json.Unmarshal(raw, &s) != nil {
			continue
		}
		if !isNone(s) && s != "null" && raw[0] != '{' && raw[0] != '[' {
			return s, k
		}
	}
	return "", ""
}

func (o object) first(keys ...string) string {
	s, _ := o.text(keys...)
	return s
}

func parseJSON(f *Format, line string, e *Entry) error {
	var o object
	if err := json.Unmarshal([]byte(jsonEscapes(line)), &o); err != nil {
		return bad(BadJSON, line, "%s", err.Error())
	}
	at, key := o.text("time_iso8601", "@timestamp", "time", "timestamp", "ts", "time_local", "msec")
	if key == "" {
		return bad(BadTime, line, "no time under the usual keys")
	}
	var ok bool
	if e.At, ok = instant(at, f.zone); !ok || !sane(e.At) {
		return bad(BadTime, line, "%s is %q", key, at)
	}
	e.Client = o.first("remote_addr", "client_ip", "remote_ip", "client")
	e.VHost = o.first("server_name", "vhost", "host", "http_host")
	e.Referer = o.first("http_referer", "referer")
	e.UserAgent = o.first("http_user_agent", "user_agent")
	e.Server = o.first("upstream_addr")
	e.jsonRequest(o)
	return e.jsonNumbers(o, line)
}

func (e *Entry) jsonRequest(o object) {
	e.request(o.first("request"))
	if e.Method != "" {
		return
	}
	setMethod(e, o.first("request_method", "method"))
	if uri := o.first("request_uri", "uri", "path", "url"); uri != "" {
		e.target(uri)
	}
	e.Proto = o.first("server_protocol", "protocol", "proto")
}

func (e *Entry) jsonNumbers(o object, line string) error {
	status, key := o.text("status", "status_code")
	var ok bool
	if e.Status, ok = statusOf(status); !ok && key != "" {
		return bad(BadNumber, line, "%s is %q", key, status)
	}
	if size, key := o.text("bytes_sent", "body_bytes_sent", "bytes"); key != "" {
		if e.Bytes, ok = whole(size); !ok {
			return bad(BadNumber, line, "%s is %q", key, size)
		}
	}
	if took, key := o.text("request_time", "duration_seconds", "duration_ms", "request_time_ms", "duration_us"); key != "" {
		if e.Duration, ok = elapsed(took, unitOf(key)); !ok {
			return bad(BadNumber, line, "%s is %q", key, took)
		}
		e.DurationKnown = true
	}
	if e.Upstream, e.UpstreamKnown, ok = tries(o.first("upstream_response_time")); !ok {
		return bad(BadNumber, line, "upstream_response_time is %q", o.first("upstream_response_time"))
	}
	return nil
}

func unitOf(key string) time.Duration {
	switch {
	case strings.HasSuffix(key, "_ms"):
		return time.Millisecond
	case strings.HasSuffix(key, "_us"):
		return time.Microsecond
	}
	return time.Second
}

// manySeconds is where numbers begin to be milliseconds: as seconds it would be
// the year 5138.
const manySeconds = 1e11

// instant reads a time as programs write it into JSON.
func instant(s string, zone *time.Location) (time.Time, bool) {
	if decimalOrNone(s) {
		v, ok := elapsed(s, time.Second)
		if !ok {
			v, ok = elapsed(s, time.Millisecond)
			ok = ok && v >= manySeconds*time.Millisecond
		}
		return time.Unix(0, 0).Add(v).UTC(), ok
	}
	for _, layout := range []string{time.RFC3339Nano, layoutCLF, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// jsonEscapes turns \xHH, which nginx without escape=json writes, into what is
// JSON.
func jsonEscapes(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'x' {
			out.WriteString(`\u00`)
			continue
		}
		out.WriteString(s[i-1 : i+1])
	}
	return out.String()
}
