package history

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/agents/accesslog"
	"plimsoll/internal/metric"
)

// The series of access logs.
const (
	nameRequests = "http_requests_total"
	nameBytes    = "http_response_bytes_total"
	nameSeconds  = "http_request_seconds"
)

// maxHosts is how many hosts are told apart: the client names them.
const maxHosts = 200

// firstLines is by how many lines the format is found.
const firstLines = 50

// access reads access logs.
type access struct {
	r      *reading
	format *accesslog.Format // nil before it is found
	hosts  map[string]bool
	ids    map[accessKey]uint32
}

type accessKey struct{ name, host, method, status string }

func newAccess(r *reading) (*access, error) {
	x := &access{r: r, hosts: map[string]bool{}, ids: map[accessKey]uint32{}}
	if r.options.LogFormat == "" {
		return x, nil
	}
	var err error
	x.format, err = accesslog.New(r.options.LogFormat, r.options.Zone)
	return x, err
}

// begin finds the format by the lines that the first file begins with.
func (x *access) begin(head []byte) (err error) {
	if x.format != nil {
		return nil
	}
	lines := strings.Split(string(head), "\n")
	if n := len(lines); n > 1 {
		lines = lines[:n-1] // the last may be cut, or empty
	}
	x.format, err = accesslog.Detect(lines[:min(len(lines), firstLines)], x.r.options.Zone)
	return err
}

func (x *access) parse(line []byte) verdict {
	if len(line) == 0 {
		return verdict{}
	}
	text := string(line)
	var is bool
	if x.format, is = x.format.Heading(text); is {
		return verdict{}
	}
	var e accesslog.Entry
	if err := x.format.Parse(text, &e); err != nil {
		var p *accesslog.ParseError
		if errors.As(err, &p) {
			return bad(string(p.Reason), "%s", p.Detail)
		}
		return bad("not of the format", "%v", err)
	}
	return x.count(&e)
}

// count brings an entry into its interval, which holds its begin: servers cut
// the fraction of a second off.
func (x *access) count(e *accesslog.Entry) verdict {
	step := int64(x.r.options.Interval / time.Millisecond)
	end := (e.At.UnixMilli()/step + 1) * step
	host := x.host(e.VHost)
	requests, v := x.series(metric.Counter, accessKey{nameRequests, host, accesslog.MethodLabel(e.Method), statusOf(e.Status)})
	if v.reason != "" {
		return v
	}
	var size, took uint32
	if e.Bytes >= 0 {
		if size, v = x.series(metric.Counter, accessKey{name: nameBytes, host: host}); v.reason != "" {
			return v
		}
	}
	if e.DurationKnown {
		if took, v = x.series(metric.Timing, accessKey{name: nameSeconds, host: host}); v.reason != "" {
			return v
		}
		x.r.sorter.observe(took, end, float64(e.Duration)/float64(time.Second), 1) // rounded once
	}
	x.r.sorter.count(requests, end, 1)
	if e.Bytes >= 0 {
		x.r.sorter.count(size, end, float64(e.Bytes))
	}
	x.r.Taken++
	return verdict{}
}

func (x *access) series(kind metric.Kind, k accessKey) (uint32, verdict) {
	if id, known := x.ids[k]; known {
		return id, verdict{}
	}
	b := labels.NewBuilder(labels.EmptyLabels())
	b.Set(metric.NameLabel, k.name).Set("host", k.host).Set("method", k.method).Set("status", k.status)
	id, v := x.r.sorter.find(b.Labels(), kind, true)
	if v.reason == "" {
		x.ids[k] = id
	}
	return id, v
}

// host returns what a host comes out as.
func (x *access) host(s string) string {
	h := accesslog.HostLabel(s)
	switch {
	case x.hosts[h]:
		return h
	case len(x.hosts) >= maxHosts:
		return accesslog.Other
	}
	x.hosts[h] = true
	return h
}

func statusOf(n int) string {
	switch {
	case n == 0:
		return accesslog.None
	case n < 100 || n > 599:
		return accesslog.Other
	}
	return strconv.Itoa(n)
}
