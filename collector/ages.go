package collector

import (
	"cmp"
	"container/list"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// Age is how old the data of one host is: of all samples with its labels instance
// and job, whoever sent them.
type Age struct {
	Instance string `json:"instance"`
	Job      string `json:"job,omitempty"`
	// Source is who sent the last of them; it has what was refused, and why.
	Source    string    `json:"source,omitempty"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	// LastSample is the newest instant that a sample had, AgeSeconds how long ago
	// that is.
	LastSample time.Time `json:"last_sample"`
	AgeSeconds float64   `json:"age_seconds"`
	// Samples counts those that were stored since the start, SamplesPerSecond is
	// their rate in the last minute.
	Samples          int     `json:"samples"`
	SamplesPerSecond float64 `json:"samples_per_second"`
	// Alive says that the host keeps its interval or, where it tells none, that it
	// was heard of within Config.WatchSilence.
	Alive bool `json:"alive"`
	// Retired hosts are silent, and out of the live view, until they send again.
	Retired   bool      `json:"retired"`
	RetiredAt time.Time `json:"retired_at,omitzero"`
}

// age is the state of one host.
type age struct {
	told    Age
	owner   string // the source that first spoke of it; "" of those known at the start
	flow    flow
	ownUp   bool  // something else writes its up
	watched bool  // its source is among Config.Watch
	upAt    int64 // the last instant that up was put for
}

// ages keep what is known of hosts, of so many as are bounded: of those beyond
// the one that was silent longest is forgotten. A source has room for a quarter
// and takes its own place then, so that one that makes up hosts has others forget
// none of theirs.
type ages struct {
	limit int
	watch []string

	mu    sync.Mutex // guards what follows
	by    map[hostKey]*list.Element
	order map[string]*list.List // of *age by owner, the last heard first
}

func newAges(c Config) ages {
	return ages{limit: 2 * c.MaxHosts, watch: c.Watch, by: map[hostKey]*list.Element{}, order: map[string]*list.List{}}
}

// seen takes note of the hosts that a source's batch speaks of.
func (a *ages) seen(samples []metric.Sample, source string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for from := 0; from < len(samples); {
		key := keyOf(samples[from].Labels)
		newest, ownUp, to := int64(0), false, from
		for ; to < len(samples) && (to == from || keyOf(samples[to].Labels) == key); to++ {
			newest = max(newest, samples[to].At)
			ownUp = ownUp || samples[to].Name() == "up"
		}
		if key.instance != "" {
			it := a.heardLocked(key, source, now)
			it.told.Samples += to - from
			it.flow.add(to-from, now)
			it.ownUp = it.ownUp || ownUp
			if last := metric.Time(newest); last.After(it.told.LastSample) {
				it.told.LastSample = last
			}
		}
		from = to
	}
}

func keyOf(l labels.Labels) hostKey { return hostKey{l.Get("instance"), l.Get("job")} }

func (a *ages) heardLocked(key hostKey, source string, now time.Time) *age {
	e := a.by[key]
	if e == nil {
		e = a.addLocked(Age{Instance: strings.Clone(key.instance), Job: strings.Clone(key.job), FirstSeen: now}, source)
	}
	it := e.Value.(*age)
	a.order[it.owner].MoveToFront(e)
	if it.told.Source != source {
		it.watched = slices.ContainsFunc(a.watch, func(pattern string) bool { is, _ := path.Match(pattern, source); return is })
	}
	it.told.Source, it.told.LastSeen = source, now
	it.told.Retired, it.told.RetiredAt = false, time.Time{}
	return it
}

// addLocked adds a host as the last heard.
func (a *ages) addLocked(told Age, owner string) *list.Element {
	own := a.order[owner]
	switch {
	case own != nil && owner != "" && own.Len() >= max(a.limit/4, 1), own != nil && len(a.by) >= a.limit:
		a.dropLocked(own.Back())
	case len(a.by) >= a.limit:
		a.dropLocked(a.mostLocked().Back())
	}
	if own = a.order[owner]; own == nil {
		own = list.New()
		a.order[owner] = own
	}
	e := own.PushFront(&age{told: told, owner: owner})
	a.by[hostKey{told.Instance, told.Job}] = e
	return e
}

// mostLocked returns the hosts of the source that has the most.
func (a *ages) mostLocked() *list.List {
	var most *list.List
	for _, own := range a.order {
		if most == nil || own.Len() > most.Len() {
			most = own
		}
	}
	return most
}

func (a *ages) dropLocked(e *list.Element) {
	it := e.Value.(*age)
	delete(a.by, hostKey{it.told.Instance, it.told.Job})
	if own := a.order[it.owner]; own.Len() > 1 {
		own.Remove(e)
	} else {
		delete(a.order, it.owner)
	}
}

// retireSilent retires the hosts that were silent for longer than retire, and
// forgets those that were so for longer than forget.
func (a *ages) retireSilent(now time.Time, retire, forget time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, own := range a.order {
		for e := own.Back(); e != nil; {
			it, next := e.Value.(*age), e.Prev()
			silent := now.Sub(it.told.LastSeen)
			if silent <= retire {
				break
			}
			if it.retire(now); silent > forget {
				a.dropLocked(e)
			}
			e = next
		}
	}
}

func (it *age) retire(now time.Time) {
	if !it.told.Retired {
		it.told.Retired, it.told.RetiredAt = true, now
	}
}

// retire retires a host, of all jobs when job is empty, and returns of how many.
func (a *ages) retire(instance, job string, now time.Time) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, e := range a.by {
		if it := e.Value.(*age); key.instance == instance && (job == "" || key.job == job) && !it.told.Retired {
			it.retire(now)
			n++
		}
	}
	return n
}

// retired returns how many hosts are retired.
func (a *ages) retired() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.by {
		if e.Value.(*age).told.Retired {
			n++
		}
	}
	return n
}

// watchEvery is how often up is put for hosts that are watched by their samples.
const watchEvery = time.Minute

// ups returns the samples of up that are due of hosts that are watched by their
// samples: not of those that beat, nor of those whose up somebody else writes.
func (a *ages) ups(now time.Time, silence time.Duration, beats func(hostKey) bool) []metric.Sample {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []metric.Sample
	due := now.Truncate(watchEvery).UnixMilli()
	for key, e := range a.by {
		it := e.Value.(*age)
		if it.upAt == due || !it.bySamples() || beats(key) {
			continue
		}
		it.upAt = due
		out = append(out, upSample(key, due, now.Sub(it.told.LastSeen) <= silence))
	}
	return out
}

// bySamples reports whether a host that does not beat is watched by its samples.
func (it *age) bySamples() bool { return it.watched && !it.ownUp && !it.told.Retired }

// hostsBySamples returns the hosts that are watched by their samples.
func (a *ages) hostsBySamples(now time.Time, silence time.Duration, beats func(hostKey) bool) (hosts []metric.Host) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, e := range a.by {
		if it := e.Value.(*age); it.bySamples() && !beats(key) {
			seen := it.told.LastSeen
			hosts = append(hosts, metric.Host{Instance: key.instance, Job: key.job, Up: now.Sub(seen) <= silence, LastSeen: seen})
		}
	}
	return hosts
}

// agesAt returns the data age of all hosts.
func (c *Collector) agesAt(now time.Time) []Age {
	out := c.ages.list(now)
	for i := range out {
		it := &out[i]
		it.AgeSeconds = max(0, now.Sub(it.LastSample).Seconds())
		up, beats := c.hosts.state(hostKey{it.Instance, it.Job})
		it.Alive = !it.Retired && (beats && up || !beats && now.Sub(it.LastSeen) <= c.cfg.WatchSilence)
	}
	return out
}

func (a *ages) list(now time.Time) []Age {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Age, 0, len(a.by))
	for _, e := range a.by {
		it := e.Value.(*age)
		it.told.SamplesPerSecond = it.flow.rate(now)
		out = append(out, it.told)
	}
	slices.SortFunc(out, func(a, b Age) int {
		return cmp.Or(cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Job, b.Job))
	})
	return out
}
