package handler

import (
	"fmt"
	"strings"
	"time"
)

// Try is what an alert remembers of its handler as long as the trouble lasts: the
// order, or why there was none. It is tried once.
type Try struct {
	Name  string `json:"name"` // of the handler
	Order string `json:"order,omitempty"`
	Note  string `json:"note,omitempty"`
}

// Status is where an order stands.
type Status string

// The statuses.
const (
	Queued  Status = "queued"
	Handed  Status = "handed"  // an agent has it, and may run it
	Done    Status = "done"    // it ran and ended well
	Failed  Status = "failed"  // it ran and did not
	Refused Status = "refused" // it was not run, and will not be
	Expired Status = "expired" // nobody answered in time
)

// Order is one run of a handler.
type Order struct {
	ID       string
	Alert    string // the alert's ID
	Name     string // of the handler
	Instance string
	Queued   time.Time
	Handed   time.Time // zero: never
	Ended    time.Time // zero: it is open
	Status   Status
	Process  string // of the agent that it was handed to
	ExitCode int
	Why      string // it failed or was refused
	Output   string
}

// Open reports whether something is still to come of o.
func (o Order) Open() bool { return o.Status == Queued || o.Status == Handed }

// paid reports whether o counts in a budget: it ran, may run, or may have run.
func (o Order) paid() bool {
	return o.Status != Refused && (o.Status != Expired || !o.Handed.IsZero())
}

// Left is what remains of the time of o at an instant, of within; 0 or less: it is
// over, as it is when the clock was set so far back that nobody can tell.
func (o Order) Left(now time.Time, within time.Duration) time.Duration {
	return within - now.Sub(o.Queued).Abs()
}

// String says in a few words what came of o.
func (o Order) String() string {
	what := fmt.Sprintf("%s on %s at %s", o.Name, o.Instance, o.Queued.UTC().Format(time.TimeOnly))
	switch {
	case o.Status == Queued:
		return what + " is not fetched yet"
	case o.Status == Handed:
		return what + " is under way"
	case o.Status == Done:
		return what + " is done"
	case o.Status == Expired && o.Handed.IsZero():
		return what + " was not fetched in time"
	case o.Status == Expired:
		return what + " was not answered: what came of it is unknown"
	}
	return fmt.Sprintf("%s %s: %s", what, o.Status, o.Why)
}

// Verdict is what is to be done about a handler that is due.
type Verdict uint8

// The verdicts.
const (
	Run   Verdict = iota
	Wait          // one is under way: decide at the next look
	Spent         // a budget is used up
)

// Decide says whether o, of which alert, name and instance are given, may be
// ordered at an instant after all the orders of before. For Spent it says why.
func Decide(o Order, before []Order, l Limits, now time.Time) (Verdict, string) {
	here, everywhere := 0, 0
	for _, b := range before {
		same := b.Name == o.Name && b.Instance == o.Instance
		if b.Open() && (same || b.Alert == o.Alert) {
			return Wait, ""
		}
		age := now.Sub(b.Queued).Abs()
		if same && b.paid() && age < l.PerService.Within {
			here++
		}
		if b.paid() && age < l.Farm.Within {
			everywhere++
		}
	}
	if here >= l.PerService.Count {
		return Spent, fmt.Sprintf("%s not tried: %s on %s in the last %s are the limit",
			o.Name, runs(l.PerService.Count), o.Instance, words(l.PerService.Within))
	}
	if everywhere >= l.Farm.Count {
		return Spent, fmt.Sprintf("%s not tried: %s of handlers on all hosts in the last %s are the limit",
			o.Name, runs(l.Farm.Count), words(l.Farm.Within))
	}
	return Run, ""
}

func runs(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

// words writes a duration as people say it after "the last".
func words(d time.Duration) string {
	switch d {
	case time.Minute:
		return "minute"
	case time.Hour:
		return "hour"
	case 24 * time.Hour:
		return "day"
	}
	text := d.String()
	if t := strings.TrimSuffix(text, "0s"); strings.HasSuffix(t, "m") {
		text = t
	}
	if t := strings.TrimSuffix(text, "0m"); strings.HasSuffix(t, "h") {
		text = t
	}
	return text
}
