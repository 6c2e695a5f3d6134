package alerting

import (
	"sync"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/policy"
	"plimsoll/internal/metric"
)

// roster knows which hosts should report and do not.
type roster struct {
	list func() []metric.Host // nil: nobody watches hosts

	mu     sync.Mutex // guards what follows; taken after a unit's and the desk's
	listed time.Time
	lives  map[string]life // by instance
}

// listEvery is how often hosts are asked for.
const listEvery = time.Second

// life is that of a host at an instant. One that reports by one job reports.
func (r *roster) life(instance string, at time.Time) life {
	if r == nil || r.list == nil || instance == "" {
		return stranger
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lives == nil || at.Sub(r.listed).Abs() >= listEvery {
		r.listed, r.lives = at, livesOf(r.list())
	}
	return r.lives[instance]
}

func livesOf(hosts []metric.Host) map[string]life {
	lives := make(map[string]life, len(hosts))
	for _, h := range hosts {
		is := isSilent
		if h.Up {
			is = reporting
		}
		lives[h.Instance] = max(lives[h.Instance], is)
	}
	return lives
}

// silence is the reason not to tell of an alert of a rule whose host is silent:
// an alert of class up/down about that host tells of it.
func (b *board) silence(u *unit, r ledger.Record, at time.Time) *policy.Hold {
	instance := r.Labels[instanceLabel]
	if u.class == metric.UpDown || !b.down[instance] || u.hosts.life(instance, at) != isSilent {
		return nil
	}
	return &policy.Hold{Kind: "host", Text: saysSilent(instance)}
}
