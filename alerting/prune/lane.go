package prune

import (
	"cmp"
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// lane is one variant of the rule that is replayed: what the engine decides on
// its sightings, without the telling.
type lane struct {
	config   rule.Config
	alerts   map[string]*alert
	known    map[string]map[string]string // labels of alerts, by key
	episodes []Episode
	dropped  int
	blips    int
}

// alert is one instance that is not well.
type alert struct {
	state   state.State
	episode int // of the lane; -1: none
}

func newLane(c rule.Config) *lane {
	return &lane{config: c, alerts: map[string]*alert{}, known: map[string]map[string]string{}, episodes: []Episode{}}
}

// take is what a sighting means, with looks a step apart.
func (l *lane) take(s rule.Sighting, at time.Time, step time.Duration) {
	a := l.alerts[s.Key]
	if a == nil {
		a = &alert{episode: -1}
	}
	next, change := state.Next(l.config.Policy(step), a.state, s.Verdict, at)
	a.state = next
	if a.episode >= 0 && s.Severity == metric.Critical {
		l.episodes[a.episode].Severity = string(s.Severity) // the worst
	}
	switch change {
	case state.Problem:
		l.begin(a, s, at)
	case state.Recovery, state.Ended:
		if a.episode >= 0 {
			l.episodes[a.episode].Ended = at
		}
	case state.SoftRecovery:
		l.blips++
	}
	if next.Phase == state.OK {
		delete(l.alerts, s.Key)
		delete(l.known, s.Key)
		return
	}
	l.alerts[s.Key], l.known[s.Key] = a, s.Labels
}

func (l *lane) begin(a *alert, s rule.Sighting, at time.Time) {
	if len(l.episodes) >= MaxEpisodes {
		l.dropped++
		a.episode = -1
		return
	}
	a.episode = len(l.episodes)
	l.episodes = append(l.episodes, Episode{
		Rule: l.config.Name, Severity: string(cmp.Or(s.Severity, l.config.Severity)), Labels: s.Labels, Began: a.state.BadSince, Hard: at,
	})
}
