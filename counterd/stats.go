package counterd

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/counterd/line"
	"plimsoll/counterd/listen"
	"plimsoll/internal/metric"
)

// Stats is the daemon's account of itself. Lines = Parsed + the sum of Bad. Of
// datagram sockets, what senders sent = Received + KernelDrops.
type Stats struct {
	Received uint64 `json:"received"` // datagrams, or pieces of streams
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
	// Offenders are the sources and prefixes over a limit, the worst first.
	Offenders []Offender      `json:"offenders"`
	Listeners []ListenerStats `json:"listeners"`
}

// ListenerStats is the account of one socket.
type ListenerStats struct {
	Address  string `json:"address"`
	Received uint64 `json:"received"` // datagrams
	Drops    uint64 `json:"drops"`    // by the kernel
	listen.Stats
}

// Offender is a source or a prefix that was over a limit.
type Offender struct {
	Kind   string `json:"kind"` // source or prefix
	Name   string `json:"name"`
	Series int    `json:"series"`
	Lines  uint64 `json:"lines"` // that were over it
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
	// Listeners are those that it comes by.
	Listeners []string `json:"listeners,omitempty"`
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
		Bad: map[string]uint64{}, Dropped: map[string]uint64{}, BadLines: s.bad.last(),
		Collisions: []Collision{}, Listeners: []ListenerStats{},
	}
	for i, sh := range s.shards {
		before := st.Received
		sh.addTo(&st)
		l := s.listeners[i]
		drops := l.Drops()
		st.KernelDrops += drops
		st.Listeners = append(st.Listeners, ListenerStats{
			Address: l.String(), Received: st.Received - before, Drops: drops, Stats: l.Stats(),
		})
	}
	if s.outbox != nil {
		s.outbox.addTo(&st)
	}
	s.registry.addTo(&st)
	return st
}

func (s *shard) addTo(st *Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Received += s.received
	st.Lines += s.lines
	st.Parsed += s.parsed
	st.Ignored += s.ignored
	if s.lost > 0 {
		st.Dropped["events"] += s.lost
	}
	for r, n := range s.reasons {
		if n > 0 {
			st.Bad[line.Reason(r).String()] += n
		}
	}
}

func (s *shard) datagramsReceived() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received
}

func (o *outbox) addTo(st *Stats) {
	o.mu.Lock()
	defer o.mu.Unlock()
	st.Dropped["sink"] = o.dropped
	st.Refused, st.Delivered, st.SinkErrors, st.Waiting = o.refused, o.put, o.failures, o.waiting
}

func (r *registry) addTo(st *Stats) {
	st.Offenders = r.offenders()
	r.mu.Lock()
	defer r.mu.Unlock()
	st.Series = r.count + r.reserved
	for _, c := range r.collisions {
		st.Collisions = append(st.Collisions, Collision{c.name, c.owner, c.refused, c.count.Load()})
	}
}

// Names returns all series, by name and labels.
func (s *Server) Names() []NameInfo {
	all := s.registry.list()
	place := make(map[*record]int, len(all)) // in out
	out := []NameInfo{}
	for _, l := range all {
		if l.of == nil {
			place[l.record] = len(out)
			out = append(out, describe(&record{labels: l.labels, kind: l.kind}))
			out[len(out)-1].Listeners = []string{s.listeners[l.shard].String()}
		}
	}
	for _, l := range all {
		i, known := place[l.of]
		if address := s.listeners[l.shard].String(); known && !slices.Contains(out[i].Listeners, address) {
			out[i].Listeners = append(out[i].Listeners, address)
		}
	}
	return out
}

// listed is a record that people may see: a series, or what another shard knows
// of it. A series that ends meanwhile may be listed yet.
type listed struct {
	record *record // to tell it from others only
	of     *record // the series of an alias
	labels labels.Labels
	kind   line.Kind
	shard  int
}

// list copies what all records are called, series by name and labels. Readers
// with new names wait for a small part of it only.
func (r *registry) list() (out []listed) {
	part := make([]listed, 0, atOnce) // out grows when nobody waits
	for _, sh := range r.shards {
		for next := uint32(1); next != 0; {
			part, next = r.listSome(sh, next, part[:0])
			out = append(out, part...)
		}
	}
	slices.SortFunc(out, func(a, b listed) int {
		return cmp.Or(strings.Compare(a.labels.Get(metric.NameLabel), b.labels.Get(metric.NameLabel)), labels.Compare(a.labels, b.labels))
	})
	return out
}

// listSome lists the records from id on, and returns where to go on; 0 at the end.
func (r *registry) listSome(sh *shard, id uint32, out []listed) ([]listed, uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for end := id + atOnce; id < end; id++ {
		if id >= sh.slab.next {
			return out, 0
		}
		s := sh.slab.at(id)
		if s.labels.IsEmpty() || s.state&dormant != 0 {
			continue // it is free, or waits for those that share its name
		}
		l := listed{record: s, labels: s.labels, kind: s.kind, shard: sh.number}
		if s.isAlias() {
			l.of = s.series()
		}
		out = append(out, l)
	}
	return out, id
}
