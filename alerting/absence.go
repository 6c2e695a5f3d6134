package alerting

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// life is what is known of a host.
type life uint8

const (
	stranger  life = iota // nobody watches it, or it was retired
	isSilent              // it should report, and does not
	reporting             // it reports, of whatever
)

// instanceLabel names the host of a series.
const instanceLabel = "instance"

// forgetAbsent is how long a series may be absent until its rule forgets it.
const forgetAbsent = 24 * time.Hour

// maxSeen bounds the series whose absence one rule watches for.
const maxSeen = 10 * rule.MaxInstances

// absence knows which series a rule has seen, so that one that its host no
// longer sends is found. Only the look that is under way uses it.
type absence struct {
	severity metric.Severity // of the rule
	seen     map[string]sight
}

type sight struct {
	labels map[string]string
	last   time.Time
}

// see notes the series that are present at an instant. What goes beyond the
// bound is not watched for.
func (a *absence) see(present map[string]map[string]string, at time.Time) {
	if a.seen == nil {
		a.seen = make(map[string]sight, len(present))
	}
	for key, labels := range present {
		if _, known := a.seen[key]; known || len(a.seen) < maxSeen {
			a.seen[key] = sight{labels, at}
		}
	}
}

// judge adds to what was found the series that are absent while their host
// reports: they are bad, of severity unknown. Those whose host is retired, or
// unknown, and those that are absent for a day are forgotten, and go the way of
// all that vanishes. After the clock was set back absence is no evidence.
func (a *absence) judge(found []rule.Sighting, of func(instance string) life, at time.Time) []rule.Sighting {
	place := make(map[string]int, len(found))
	for i, s := range found {
		place[s.Key] = i
		if s.Verdict == state.Bad && s.Severity == "" {
			found[i].Severity = a.severity // it may have been unknown
		}
	}
	for _, key := range slices.Sorted(maps.Keys(a.seen)) {
		s := a.seen[key]
		if !at.After(s.last) {
			continue
		}
		instance := s.labels[instanceLabel]
		switch host := of(instance); {
		case host == stranger || at.Sub(s.last) > forgetAbsent:
			delete(a.seen, key)
			continue
		case host == isSilent:
			continue
		}
		gone := rule.Sighting{
			Key: key, Labels: s.labels, Verdict: state.Bad, Severity: metric.Unknown,
			Summary: fmt.Sprintf("no data any more, while %s reports", instance),
		}
		i, known := place[key]
		switch {
		case known && found[i].Absent:
			found[i] = gone
		case !known && len(found) < rule.MaxInstances:
			found = append(found, gone)
		}
	}
	return found
}

// fold keeps an alert as it is while its host is silent: that one is the event,
// and that nothing is seen of what it sent says nothing more.
func (u *unit) fold(old ledger.Record, seen rule.Sighting, at time.Time) (decision, bool) {
	instance := seen.Labels[instanceLabel]
	gone := seen.Absent || seen.Verdict == state.Missing
	if u.rule == nil || !gone || old.State.Phase == state.OK || u.hosts.life(instance, at) != isSilent {
		return decision{}, false
	}
	if why := saysSilent(instance) + "; was: "; !strings.HasPrefix(old.Summary, why) {
		old.Summary = why + old.Summary
	}
	return decision{step: ledger.Step{Record: old}}, true
}

func saysSilent(instance string) string { return "host " + instance + " is silent" }
