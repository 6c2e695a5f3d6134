package procs

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"plimsoll/internal/procfs"
)

const (
	soon  = 500 * time.Millisecond // an answer serves again
	old   = time.Minute            // a look serves to compare with
	apart = time.Second            // between two looks for one answer
)

// Config says where to look. Its zero value is of use.
type Config struct {
	Proc string // where procfs is mounted; "" is /proc
	// Root is put before /etc/passwd, for an agent in a container.
	Root string
	// Arguments tells command lines, which may hold passwords.
	Arguments bool
	// Now is the clock; nil is time.Now's.
	Now func() time.Time
}

// Order is what processes are sorted by.
type Order string

// Orders.
const (
	ByCPU    Order = "cpu"
	ByMemory Order = "memory"
)

// Process is one process.
type Process struct {
	PID     int    `json:"pid"`
	Parent  int    `json:"parent"`
	User    string `json:"user"` // its number if it has no name
	Command string `json:"command"`
	State   string `json:"state"` // the letter that ps shows
	// CPU is how many CPUs it used: 0.5 is half of one.
	CPU      float64 `json:"cpu"`
	RSSBytes uint64  `json:"rss_bytes"`
	Threads  int     `json:"threads"`
	// ReadBytes and WrittenBytes are what it read from and wrote to disks since
	// it began, as far as that may be read: of other users' by root alone.
	ReadBytes    *uint64 `json:"read_bytes,omitempty"`
	WrittenBytes *uint64 `json:"written_bytes,omitempty"`

	key
}

// List is an answer.
type List struct {
	At        time.Time `json:"at"`
	Seconds   float64   `json:"seconds"` // that the shares of the CPU are of
	CPUs      int       `json:"cpus"`
	Total     int       `json:"total"` // processes that there are
	Processes []Process `json:"processes"`
}

// key is what a process is known by.
type key struct {
	pid   int
	start uint64
}

// look is what was seen of all processes at one instant.
type look struct {
	at    time.Time
	ticks map[key]uint64 // of CPU time
	all   []Process      // with CPU since the look before
	since time.Duration
}

// Top looks at processes. It may be used at the same time by many.
type Top struct {
	cfg Config

	mu   sync.Mutex // guards last, and that one looks at a time
	last *look
}

// New returns a Top that looks at nothing yet.
func New(cfg Config) *Top {
	if cfg.Proc == "" {
		cfg.Proc = "/proc"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Top{cfg: cfg}
}

// Top returns the n processes that use the most. It takes a second if nobody
// asked within the last minute, and ends with ctx.
func (t *Top) Top(ctx context.Context, n int, by Order) (List, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.refresh(ctx); err != nil {
		return List{}, err
	}
	all := slices.Clone(t.last.all)
	slices.SortFunc(all, func(a, b Process) int {
		cpu, memory := cmp.Compare(b.CPU, a.CPU), cmp.Compare(b.RSSBytes, a.RSSBytes)
		if by == ByMemory {
			cpu, memory = memory, cpu
		}
		return cmp.Or(cpu, memory, a.PID-b.PID)
	})
	l := List{
		At: t.last.at, Seconds: t.last.since.Seconds(), CPUs: runtime.NumCPU(), Total: len(all),
		Processes: all[:max(0, min(n, len(all)))],
	}
	t.details(l.Processes)
	return l, nil
}

// refresh sees to it that last has shares of the CPU and is of now.
func (t *Top) refresh(ctx context.Context) error {
	age := old + 1
	if t.last != nil {
		age = t.cfg.Now().Sub(t.last.at)
	}
	if age >= 0 && age < soon && t.last.since > 0 {
		return nil
	}
	if age < 0 || age > old {
		if err := t.look(nil); err != nil {
			return err
		}
		age = 0
	}
	if age < soon {
		timer := time.NewTimer(apart)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return t.look(t.last)
}

func (t *Top) dir() procfs.Dir { return procfs.Dir(t.cfg.Proc) }

// look looks at all processes and compares them with an earlier look.
func (t *Top) look(before *look) error {
	all, err := t.dir().Stats()
	if err != nil {
		return err
	}
	now := &look{at: t.cfg.Now(), ticks: make(map[key]uint64, len(all))}
	if before != nil {
		now.since = now.at.Sub(before.at)
	}
	for _, s := range all {
		p := Process{
			PID: s.PID, Parent: s.Parent, Command: s.Command, State: s.State, RSSBytes: s.RSSBytes, Threads: s.Threads,
			key: key{s.PID, s.Start},
		}
		ticks := s.UserTicks + s.SystemTicks
		now.ticks[p.key] = ticks
		p.CPU = now.share(before, p.key, ticks)
		now.all = append(now.all, p)
	}
	t.last = now
	return nil
}

// share is how many CPUs a process used since an earlier look; one that began
// since then is charged with all it used.
func (l *look) share(before *look, k key, ticks uint64) float64 {
	if before == nil || l.since <= 0 {
		return 0
	}
	return float64(ticks-min(ticks, before.ticks[k])) / procfs.TicksPerSecond / l.since.Seconds()
}
