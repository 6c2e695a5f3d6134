package trap

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/mib"
)

// Numbers of linkDown's objects.
const (
	numberLinkDown    = "1.3.6.1.6.3.1.1.5.3"
	numberLinkUp      = "1.3.6.1.6.3.1.1.5.4"
	numberAdminStatus = "1.3.6.1.2.1.2.2.1.7"
	numberIfDescr     = "1.3.6.1.2.1.2.2.1.2"
	numberIfName      = "1.3.6.1.2.1.31.1.1.1.1"
)

// linkCheck is the check of linkDown and linkUp, interfaceLabel its label.
const (
	linkCheck      = "snmp_link"
	interfaceLabel = "interface"
)

// pair is a Pair with its numbers.
type pair struct {
	Pair
	opens, closes, by string
	link              bool
}

// newPairs returns the pairs there are: linkDown and linkUp, and the configured.
func newPairs(list []Pair, names *mib.Table) (out []pair) {
	out = append(out, pair{
		Pair:  Pair{Check: linkCheck, Severity: metric.Critical, Label: interfaceLabel},
		opens: numberLinkDown, closes: numberLinkUp, link: true,
	})
	for _, p := range list {
		one := pair{Pair: p}
		one.opens, _ = names.Number(p.Open)
		one.closes, _ = names.Number(p.Close)
		if p.By != "" {
			one.by, _ = names.Number(p.By)
		}
		if p.Severity == "" {
			one.Severity = metric.Critical
		}
		out = append(out, one)
	}
	return out
}

// problem is one that is open.
type problem struct {
	Check    string          `json:"check"`
	Device   string          `json:"device"`
	Label    string          `json:"label,omitempty"`
	Value    string          `json:"value,omitempty"`
	Index    int             `json:"if_index,omitempty"` // of linkDown; 0: not told
	Severity metric.Severity `json:"severity"`
	Message  string          `json:"message"`
	Since    time.Time       `json:"since"`
	// told is when the sink last took it.
	told time.Time
}

// key tells problems apart.
func (p problem) key() string {
	return strings.Join([]string{p.Check, p.Device, p.Label, p.Value}, "\x00")
}

// settle opens or ends the problem that a notice is about, if it is about one.
func (r *Receiver) settle(ctx context.Context, n Notice, device string, now time.Time) {
	for _, p := range r.pairs {
		opens := n.is(p.opens)
		if !opens && !n.is(p.closes) {
			continue
		}
		one := problem{
			Check: p.Check, Device: device, Label: p.Label, Severity: p.Severity, Since: now,
			Message: strings.TrimSpace(n.Name + " " + strings.ReplaceAll(n.lines(r.names), "\n", ", ")),
		}
		if p.link {
			one.Index, _ = n.ifIndex()
		}
		one.Value = r.instance(p, n, device)
		r.recognize(&one)
		if p.link && opens {
			if admin, told := n.value(numberAdminStatus); told && admin == "2" {
				opens = false // switched off on purpose: that is no problem, and ends one
				if _, open := r.open[one.key()]; !open {
					return
				}
			}
		}
		if opens {
			r.begin(ctx, one, now)
		} else {
			r.end(ctx, one)
		}
		return
	}
}

// is reports whether a notice is the trap of a number, with or without the 0 that
// RFC 3584 puts before its last part.
func (n Notice) is(number string) bool { return withoutZero(n.Number) == withoutZero(number) }

// withoutZero takes that 0 away.
func withoutZero(number string) string {
	i := strings.LastIndexByte(number, '.')
	if i < 0 {
		return number
	}
	return strings.TrimSuffix(number[:i], ".0") + number[i:]
}

// instance tells what of the device a notice is about.
func (r *Receiver) instance(p pair, n Notice, device string) string {
	if !p.link {
		value, _ := n.value(p.by)
		return value
	}
	i, known := n.ifIndex()
	if known {
		if name := r.cfg.Interface(device, i); name != "" {
			return name
		}
	}
	for _, object := range []string{numberIfName, numberIfDescr} {
		if name, told := n.value(object); told && name != "" {
			return name
		}
	}
	if known {
		return nameless(i)
	}
	return "unknown"
}

// recognize gives a problem of an interface the name under which it is open. The
// name is another where the device was polled only before, or only after, the
// trap that opened it.
func (r *Receiver) recognize(p *problem) {
	if _, open := r.open[p.key()]; open || p.Index == 0 {
		return
	}
	nameless := nameless(p.Index)
	for _, o := range r.open {
		same := o.Index == p.Index && o.Device == p.Device && o.Check == p.Check
		if same && (p.Value == nameless || o.Value == nameless) {
			p.Value = o.Value
		}
	}
}

// nameless is what an interface is called whose name nobody knows.
func nameless(ifIndex int) string { return "ifIndex " + strconv.Itoa(ifIndex) }

// begin opens a problem, or tells of one that is open again.
func (r *Receiver) begin(ctx context.Context, p problem, now time.Time) {
	key := p.key()
	if old, open := r.open[key]; open {
		p.Since = old.Since
	} else if len(r.open) >= r.cfg.MaxOpen {
		r.metrics.refused.WithLabelValues("too many open problems").Inc()
		return
	}
	r.tell(ctx, &p, p.Severity, p.Message, now)
	r.open[key] = &p
	r.dirty = true
}

// end ends a problem. One that nobody knows of is told of too: it may be known to
// others.
func (r *Receiver) end(ctx context.Context, p problem) {
	r.tell(ctx, &p, metric.OK, p.Message, time.Time{})
	if _, open := r.open[p.key()]; open {
		delete(r.open, p.key())
		r.dirty = true
	}
}

// tell gives the state of a problem to the checks.
func (r *Receiver) tell(ctx context.Context, p *problem, state metric.Severity, message string, now time.Time) {
	labels := map[string]string{"device": p.Device}
	if p.Label != "" {
		labels[p.Label] = p.Value
	}
	err := r.cfg.Checks.PutCheck(ctx, metric.CheckResult{Name: p.Check, State: state, Host: p.Device, Message: message, Labels: labels})
	if err != nil {
		r.metrics.refused.WithLabelValues("check").Inc()
		return
	}
	p.told = now
}

// retell tells of what is open, lest it be taken for silent, and ends what a poll
// has found well since.
func (r *Receiver) retell(ctx context.Context, now time.Time) {
	for _, p := range r.open {
		if p.Check == linkCheck && p.Label == interfaceLabel {
			if up, at := r.cfg.Up(p.Device, p.Value); up && at.After(p.Since.Add(settleTime)) {
				one := *p
				one.Message = fmt.Sprintf("a poll found %s up", p.Value)
				r.end(ctx, one)
				continue
			}
		}
		if now.Sub(p.told) >= tellAgain {
			r.tell(ctx, p, p.Severity, p.Message, now)
		}
	}
}

const (
	tellAgain = time.Minute
	// settleTime is how long after a trap a poll may still see what was before.
	settleTime = 30 * time.Second
)
