package counterd

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// Stats is the daemon's account of itself. Lines = Parsed + the sum of Bad;
// what senders sent = Received + KernelDrops, in datagrams.
type Stats struct {
	Received uint64 `json:"received"` // datagrams
	Lines    uint64 `json:"lines"`
	Parsed   uint64 `json:"parsed"` // lines
	// Bad counts the refused lines by reason.
	Bad map[string]uint64 `json:"bad"`
	// Dropped counts the samples that a full queue lost.
	Dropped map[string]uint64 `json:"dropped"`
	// Ignored counts the origin fields that were skipped in good lines.
	Ignored     uint64      `json:"ignored"`
	Refused     uint64      `json:"refused"`      // samples that the Sink refused
	Delivered   uint64      `json:"delivered"`    // samples that the Sink accepted
	Waiting     int         `json:"waiting"`      // samples for the Sink
	SinkErrors  uint64      `json:"sink_errors"`  // calls that failed
	KernelDrops uint64      `json:"kernel_drops"` // datagrams
	Series      int         `json:"series"`
	BadLines    []BadLine   `json:"bad_lines"` // the last 20, newest first
	Collisions  []Collision `json:"collisions"`
}

// BadLine is a line that was refused.
type BadLine struct {
	At     time.Time `json:"at"`
	Source string    `json:"source"`
	Line   string    `json:"line"` // at most 200 bytes of it
	Reason string    `json:"reason"`
}

// Collision tells of two raw names, or types, that would share a metric name.
type Collision struct {
	Name    string `json:"name"`
	Owner   string `json:"owner"`   // the raw name that came first
	Refused string `json:"refused"` // the raw name that is refused
	Lines   uint64 `json:"lines"`   // how often
}

// NameInfo describes one series.
type NameInfo struct {
	Name   string            `json:"name"`
	Type   string            `json:"type"` // counter, timing, gauge, set
	Labels map[string]string `json:"labels,omitempty"`
}

// Counters is Stats and Names together, as the dashboard shows them.
type Counters struct {
	Address string `json:"address"` // of the first socket
	Stats
	Names []NameInfo `json:"names"`
}

// Counters returns Stats and Names.
func (s *Server) Counters() Counters {
	return Counters{Address: s.Addr().String(), Stats: s.Stats(), Names: s.Names()}
}

// Stats returns the counts since New.
func (s *Server) Stats() Stats {
	st := Stats{
		Bad: map[string]uint64{}, Dropped: map[string]uint64{}, BadLines: []BadLine{},
		Collisions: []Collision{}, KernelDrops: s.kernelDrops(),
	}
	for _, sh := range s.shards {
		sh.addTo(&st)
	}
	if s.outbox != nil {
		s.outbox.addTo(&st)
	}
	s.registry.addTo(&st)
	for _, l := range s.bad.last() {
		st.BadLines = append(st.BadLines, l.public())
	}
	slices.Reverse(st.BadLines)
	return st
}

func (s *shard) addTo(st *Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Received += s.received
	st.Lines += s.lines
	st.Parsed += s.parsed
	st.Ignored += s.ignored
	for r, n := range s.reasons {
		if n > 0 {
			st.Bad[reason(r).String()] += n
		}
	}
}

func (o *outbox) addTo(st *Stats) {
	o.mu.Lock()
	defer o.mu.Unlock()
	st.Dropped["sink"] = o.dropped
	st.Refused, st.Delivered, st.SinkErrors, st.Waiting = o.refused, o.put, o.failures, o.waiting
}

func (r *registry) addTo(st *Stats) {
	r.mu.Lock()
	defer r.mu.Unlock()
	st.Series = r.count
	for _, c := range r.collisions {
		st.Collisions = append(st.Collisions, Collision{c.name, c.owner, c.refused, c.count.Load()})
	}
}

func (l badLine) public() BadLine {
	b := BadLine{At: l.at, Line: strings.ToValidUTF8(l.line, "\uFFFD"), Reason: l.reason.String()}
	if l.from.IsValid() {
		b.Source = l.from.String()
	}
	if l.collision != nil {
		b.Reason += " with " + l.collision.owner
	}
	return b
}

// Names returns all series, by name and labels.
func (s *Server) Names() []NameInfo {
	all := s.registry.all()
	slices.SortFunc(all, func(a, b *series) int { return labels.Compare(a.labels, b.labels) })
	out := make([]NameInfo, 0, len(all))
	for _, sr := range all {
		info := NameInfo{Type: sr.kind.typeName(), Labels: map[string]string{}}
		sr.labels.Range(func(l labels.Label) {
			if l.Name == metric.NameLabel {
				info.Name = l.Value
			} else {
				info.Labels[l.Name] = l.Value
			}
		})
		out = append(out, info)
	}
	slices.SortStableFunc(out, func(a, b NameInfo) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (r *registry) all() []*series {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*series, 0, r.count)
	for _, s := range r.series {
		for ; s != nil; s = s.next {
			out = append(out, s)
		}
	}
	return out
}

// typeName is the type that people know.
func (k kind) typeName() string {
	switch k {
	case counter, okCount, noCount:
		return "counter"
	case millis, distrib:
		return "timing"
	case set:
		return "set"
	}
	return "gauge"
}
