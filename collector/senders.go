package collector

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/metric"
)

// maxSenders bounds the senders that are told apart; others share one entry.
const maxSenders = 1000

// Sender is what is known of one source address of remote write.
type Sender struct {
	Source string `json:"source"`
	// Instances are the first hosts that it spoke of in its last request.
	Instances string    `json:"instances"`
	LastSeen  time.Time `json:"last_seen"`
	Samples   int       `json:"samples"`
	// Refused counts the refused samples by reason.
	Refused   map[string]int `json:"refused,omitempty"`
	LastError string         `json:"last_error,omitempty"`
	ErrorAt   time.Time      `json:"error_at,omitzero"`
}

// senders keeps the senders by source address.
type senders struct {
	mu sync.Mutex // guards by and all that it holds
	by map[string]*Sender
}

func (s *senders) getLocked(source string) *Sender {
	sender := s.by[source]
	if sender == nil {
		if len(s.by) >= maxSenders {
			source = "others"
		}
		if sender = s.by[source]; sender == nil {
			sender = &Sender{Source: source, Refused: map[string]int{}}
			s.by[source] = sender
		}
	}
	return sender
}

// credit counts what a sender had written.
func (s *senders) credit(source string, samples []metric.Sample, written int, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sender := s.getLocked(source)
	sender.LastSeen = now
	sender.Samples += written
	if names := instances(samples); names != "" {
		sender.Instances = names
	}
}

// refuse counts what a sender had refused.
func (s *senders) refuse(source string, refused *metric.RefusedError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sender := s.getLocked(source)
	for reason, n := range refused.Reasons {
		sender.Refused[reason] += n
	}
}

// blame remembers a sender's last error.
func (s *senders) blame(source, text string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sender := s.getLocked(source)
	sender.LastError, sender.ErrorAt = strings.ToValidUTF8(text[:min(len(text), 500)], ""), now
}

// Senders returns what is known of the senders, sorted by address.
func (c *Collector) Senders() []Sender {
	c.senders.mu.Lock()
	defer c.senders.mu.Unlock()
	out := make([]Sender, 0, len(c.senders.by))
	for _, s := range c.senders.by {
		copied := *s
		copied.Refused = maps.Clone(s.Refused)
		out = append(out, copied)
	}
	slices.SortFunc(out, func(a, b Sender) int { return strings.Compare(a.Source, b.Source) })
	return out
}
