package counterd

import (
	"context"
	"net/netip"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/counterd/line"
	"plimsoll/internal/metric"
)

// statuses are those of a service check, by its number.
var statuses = [...]metric.Severity{metric.OK, metric.Warning, metric.Critical, metric.Unknown}

// passOnLocked hands an event or the result of a check to its sink, which never
// waits.
func (s *shard) passOnLocked(from netip.AddrPort) line.Reason {
	var err error
	if e := s.parser.Event; e != nil {
		set, why := tagMap(e.Tags)
		switch {
		case s.events == nil:
			return line.BadEvent
		case why != line.Good:
			return why
		}
		err = s.events.PutEvent(context.Background(), metric.Event{
			At: instant(e.At), Title: e.Title, Text: e.Text, Host: hostOr(e.Host, from), Key: e.Key,
			Priority: e.Priority, Source: e.Source, Type: e.Type, Labels: set,
		})
	} else {
		c := s.parser.Check
		set, why := tagMap(c.Tags)
		switch {
		case s.checks == nil:
			return line.BadServiceCheck
		case why != line.Good:
			return why
		}
		err = s.checks.PutCheck(context.Background(), metric.CheckResult{
			Name: c.Name, State: statuses[c.Status], At: instant(c.At), Host: hostOr(c.Host, from),
			Message: c.Message, Labels: set,
		})
	}
	if err != nil {
		s.lost++
	}
	return line.Good
}

// instant returns the time of Unix seconds, the zero time for none.
func instant(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// hostOr returns the host that was told, or else where the line came from.
func hostOr(host string, from netip.AddrPort) string {
	if host == "" && from.IsValid() {
		return from.Addr().Unmap().String()
	}
	return host
}

// tagMap makes labels of tags, as for a series.
func tagMap(tags []byte) (map[string]string, line.Reason) {
	l, why := line.Labels(line.Gauge, "", tags)
	if why != line.Good {
		return nil, why
	}
	set := map[string]string{}
	l.Range(func(l labels.Label) {
		if l.Name != metric.NameLabel {
			set[l.Name] = l.Value
		}
	})
	return set, line.Good
}
