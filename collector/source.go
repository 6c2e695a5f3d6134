package collector

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/collector/limit"
	"plimsoll/internal/metric"
)

// Source is what is known of one source of samples.
type Source struct {
	Source string `json:"source"`
	// Instances are the first hosts that it spoke of in its last batch.
	Instances string    `json:"instances"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	// LastSample is the newest instant that a sample of its last batch had.
	LastSample time.Time `json:"last_sample,omitzero"`
	// Samples counts those that were stored, SamplesPerSecond is their rate in
	// the last minute, Series how many were active in the last hour.
	Samples          int     `json:"samples"`
	SamplesPerSecond float64 `json:"samples_per_second"`
	Series           int     `json:"series"`
	// Refused counts the refused samples by reason; Example is the last of them.
	Refused map[string]int `json:"refused,omitempty"`
	Example *Example       `json:"example,omitempty"`

	LastError string    `json:"last_error,omitempty"`
	ErrorAt   time.Time `json:"error_at,omitzero"`
}

// Example is a sample that was refused.
type Example struct {
	Reason string    `json:"reason"`
	Series string    `json:"series"`
	At     time.Time `json:"at"`      // its stamp
	SeenAt time.Time `json:"seen_at"` // when it came
}

// source is the state of one source.
type source struct {
	mu    sync.Mutex // guards what follows
	told  Source
	meter *limit.Meter
	flow  flow
}

// turn lets go the series that were silent, or all, and returns how many stay.
func (s *source) turn(now time.Time, all bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meter.Turn(now)
	if all {
		s.meter.Forget()
	}
	return s.meter.Series()
}

func (s *source) silent(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Sub(s.told.LastSeen)
}

// admit returns the samples that keep to the source's limits, and why others do
// not.
func (s *source) admit(samples []metric.Sample, now time.Time) ([]metric.Sample, *metric.RefusedError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told.LastSeen = now
	return s.meter.Admit(samples, now)
}

// wait returns how long the source should wait before it sends n samples again; 0
// if they may come now.
func (s *source) wait(n int, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.meter.Wait(n, now)
}

// lost takes note that n admitted samples could not be put, for err.
func (s *source) lost(n int, err error, now time.Time) {
	s.mu.Lock()
	s.meter.Refund(n)
	s.mu.Unlock()
	s.blame(err.Error(), now)
}

// credit counts what a source had written of samples.
func (s *source) credit(samples []metric.Sample, written int, now time.Time) {
	names, newest := instances(samples), newest(samples)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told.Samples += written
	s.flow.add(written, now)
	if names != "" {
		s.told.Instances = names
	}
	if len(samples) > 0 {
		s.told.LastSample = metric.Time(newest)
	}
}

// refuse counts what a source had refused.
func (s *source) refuse(refused *metric.RefusedError, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for reason, n := range refused.Reasons {
		s.told.Refused[reason] += n
	}
	s.told.Example = &Example{
		Reason: strings.Join(slices.Sorted(maps.Keys(refused.Reasons)), ", "),
		Series: clipped(refused.First.Labels.String()), At: metric.Time(refused.First.At), SeenAt: now,
	}
}

// blame remembers a source's last error.
func (s *source) blame(text string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told.LastSeen = now
	s.told.LastError, s.told.ErrorAt = clipped(text), now
}

// clipped bounds a text of others that is kept.
func clipped(text string) string {
	return strings.ToValidUTF8(strings.Clone(text[:min(len(text), 500)]), "")
}

// shown returns what is known of the source now.
func (s *source) shown(now time.Time) Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.told
	out.Refused = maps.Clone(s.told.Refused)
	out.Series = s.meter.Series()
	out.SamplesPerSecond = s.flow.rate(now)
	return out
}

// instances returns the values of the label instance that occur, at most three.
func instances(samples []metric.Sample) string {
	var out []string
	for i := range samples {
		if v := samples[i].Labels.Get("instance"); v != "" && !slices.Contains(out, v) {
			if out = append(out, v); len(out) == 3 {
				break
			}
		}
	}
	return strings.Join(out, ", ")
}

func newest(samples []metric.Sample) (at int64) {
	for i := range samples {
		at = max(at, samples[i].At)
	}
	return at
}
