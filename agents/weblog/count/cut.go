package count

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// The series.
const (
	NameRequests = "http_requests_total"
	NameBytes    = "http_response_bytes_total"
	NameDuration = "http_request_duration_seconds"
	NameUpstream = "http_upstream_duration_seconds"
)

type seriesLabels = labels.Labels

// Batch is the samples of one server.
type Batch struct {
	Server  string
	Samples []metric.Sample
}

// Limit returns the end of the last interval that is over at an instant.
func (t *Table) Limit(at time.Time) int64 {
	ms := at.UnixMilli()
	return ms - ms%t.step
}

// Due reports whether there is something to cut at limit.
func (t *Table) Due(limit int64) bool {
	if t.closed > 0 {
		return limit > t.closed
	}
	for end := range t.open {
		if end <= limit {
			return true
		}
	}
	return false
}

// Cut closes the intervals that end by limit, which is a multiple of the
// interval, and returns their samples, each series' in the order of time. extra
// are the labels that all get besides instance.
func (t *Table) Cut(limit int64, extra map[string]string) []Batch {
	c := cut{table: t, extra: extra, at: map[string]int{}}
	for _, end := range t.endsBy(limit) {
		c.quiet(end - t.step)
		c.close(t.open[end])
		t.closed = end
	}
	c.quiet(limit)
	if len(t.open)+len(c.batches) > 0 || t.closed > 0 {
		t.closed = max(t.closed, limit)
	}
	t.last = nil
	t.forget()
	return c.batches
}

// endsBy returns the ends of open intervals, oldest first.
func (t *Table) endsBy(limit int64) (ends []int64) {
	for end := range t.open {
		if end <= limit {
			ends = append(ends, end)
		}
	}
	slices.Sort(ends)
	return ends
}

// cut is one Cut.
type cut struct {
	table   *Table
	extra   map[string]string
	batches []Batch
	at      map[string]int // of servers in batches
}

// close brings an interval to its end.
func (c *cut) close(i *interval) {
	for _, p := range c.table.pages {
		if cell := i.cells[p]; cell != nil {
			c.count(p, cell, i)
		}
		c.tell(p, i.end)
	}
	c.table.cells -= len(i.cells)
	delete(c.table.open, i.end)
}

// quiet tells of the intervals up to the one that ends at to, in which nothing
// was counted; only as long as there is somebody to tell of.
func (c *cut) quiet(to int64) {
	if c.table.closed == 0 {
		return
	}
	for end := c.table.closed + c.table.step; end <= to; end += c.table.step {
		told := false
		for _, p := range c.table.pages {
			told = c.tell(p, end) || told
		}
		if !told {
			return
		}
	}
}

// count adds what an interval has to the totals of a page.
func (c *cut) count(p *page, with *cell, i *interval) {
	for _, r := range with.requests {
		ta := p.requests[r.slot]
		if ta == nil {
			ta = &tally{Start: i.begin}
			p.requests[r.slot] = ta
		}
		c.grow(ta, float64(r.n), i, c.labels(p, NameRequests, r.slot))
	}
	if with.sized {
		if p.bytes.Start == 0 {
			p.bytes.Start = i.begin
		}
		c.grow(&p.bytes, float64(with.bytes), i, c.labels(p, NameBytes, slot{}))
	}
	c.timing(p, NameDuration, &with.took, i)
	c.timing(p, NameUpstream, &with.upstreams, i)
}

// grow adds to a total. One that was idle is told as it was, at the begin.
func (c *cut) grow(ta *tally, n float64, i *interval, l labels.Labels) {
	if ta.Counted > 0 && idle(ta, i.begin) {
		c.give(l, ta, i.begin)
	}
	ta.Total += n
	ta.Counted = i.end
}

func idle(ta *tally, at int64) bool { return at-ta.Counted > Idle.Milliseconds() }

// tell gives the totals of a page at an instant, and reports whether there were
// any that are not idle.
func (c *cut) tell(p *page, at int64) (told bool) {
	for s, ta := range p.requests {
		if !idle(ta, at) {
			c.give(c.labels(p, NameRequests, s), ta, at)
			told = true
		}
	}
	if p.bytes.Counted > 0 && !idle(&p.bytes, at) {
		c.give(c.labels(p, NameBytes, slot{}), &p.bytes, at)
		told = true
	}
	return told
}

func (c *cut) give(l labels.Labels, ta *tally, at int64) {
	c.put(l, metric.Sample{Labels: l, Kind: metric.Counter, At: at, Start: ta.Start, Value: ta.Total})
}

func (c *cut) timing(p *page, name string, s *sketch.Sketch, i *interval) {
	if s.Count() == 0 {
		return
	}
	l := c.labels(p, name, slot{})
	c.put(l, metric.Sample{Labels: l, Kind: metric.Timing, At: i.end, Start: i.begin, Sketch: s})
}

func (c *cut) put(l labels.Labels, s metric.Sample) {
	name := l.Get(labelInstance)
	at, known := c.at[name]
	if !known {
		at = len(c.batches)
		c.at[name] = at
		c.batches = append(c.batches, Batch{Server: name})
	}
	c.batches[at].Samples = append(c.batches[at].Samples, s)
}

const labelInstance = "instance"

// labels returns those of a series of a page. They are made once.
func (c *cut) labels(p *page, name string, s slot) labels.Labels {
	key := name + s.code + s.method
	if l, known := p.series[key]; known {
		return l
	}
	b := labels.NewBuilder(labels.EmptyLabels())
	for k, v := range c.extra {
		b.Set(k, v)
	}
	b.Set(metric.NameLabel, name).Set(labelInstance, p.vhost.server.name).Set("vhost", p.vhost.name)
	b.Set("class", p.class).Set("code", s.code).Set("method", s.method)
	l := b.Labels()
	if p.series == nil {
		p.series = map[string]seriesLabels{}
	}
	p.series[key] = l
	return l
}

// Meta describes the series.
func Meta() []metric.Meta {
	return []metric.Meta{
		{Name: NameRequests, Type: "counter", Help: "Requests that a web server answered, by its access log: per class of pages, class of the status and method."},
		{Name: NameBytes, Type: "counter", Unit: "bytes", Help: "Bytes of the responses, as far as the access log tells them."},
		{Name: NameDuration, Type: "summary", Unit: "seconds", Help: "Time from the first byte of a request to the last of its response, by the access log."},
		{Name: NameUpstream, Type: "summary", Unit: "seconds", Help: "Time that the servers behind this one took for a request, all tries, by the access log."},
	}
}

// cloned frees a text from the line that it is part of.
func cloned(s string) string { return strings.Clone(s) }
