package push

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/collector/inbound"
	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

// validation is what names of metrics and labels may be.
const validation = model.UTF8Validation

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	if r.Method == http.MethodDelete {
		status = http.StatusAccepted
	}
	err := g.serve(w, r)
	if err != nil {
		answer := &inbound.Error{Status: http.StatusInternalServerError, Text: err.Error()}
		_ = errors.As(err, &answer)
		status = answer.Status
		answer.RetryAfter(w.Header())
		http.Error(w, answer.Text, status)
	} else {
		w.WriteHeader(status)
	}
	g.pushes.WithLabelValues(methodOf(r), strconv.Itoa(status)).Inc()
}

// methodOf is the method as a label, of which there are few.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodPut, http.MethodPost, http.MethodDelete:
		return r.Method
	}
	return "other"
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) error {
	from, now := sender.Of(r), g.cfg.Now()
	source := from.Source("push")
	key, err := keyOf(r.URL.EscapedPath())
	switch {
	case err != nil:
		return badRequest(err)
	case methodOf(r) == "other":
		return &inbound.Error{Status: http.StatusMethodNotAllowed, Text: "a push is a PUT, POST or DELETE"}
	case mayGroup(from, key) != nil:
		return mayGroup(from, key)
	case r.Method == http.MethodDelete:
		return g.delete(key)
	}
	if !g.gate.Enter(source) {
		return inbound.Busy()
	}
	defer g.gate.Leave(source)
	pushed, err := g.read(w, r, key, now)
	if err == nil {
		pushed.source = source
		err = g.allowed(from, pushed)
	}
	if err != nil {
		g.fail(key, now)
		return err
	}
	return g.keep(pushed, r.Method == http.MethodPut)
}

// read reads what is pushed.
func (g *Gateway) read(w http.ResponseWriter, r *http.Request, key labels.Labels, now time.Time) (*group, error) {
	limits := inbound.Limits{BodyBytes: g.cfg.MaxBodyBytes, DecodedBytes: g.cfg.MaxBodyBytes, Timeout: g.cfg.RequestTimeout}
	body, err := inbound.Read(w, r, limits, now)
	if err != nil {
		return nil, err
	}
	series, err := parse(key, body, r.Header.Get("Content-Type"), g.cfg.MaxSeries/4+1)
	if err != nil {
		return nil, badRequest(err)
	}
	return &group{labels: key, pushed: now, series: series}, nil
}

// allowed says whether a sender may write all that he pushes.
func (g *Gateway) allowed(from sender.Sender, pushed *group) error {
	_, refused := from.Write.Filter(pushed.sample(pushed.pushed.UnixMilli())[:len(pushed.series)])
	if refused == nil {
		return nil
	}
	if counter, is := g.cfg.SinkFor(pushed.source).(interface{ Refused(*metric.RefusedError) }); is {
		counter.Refused(refused)
	}
	return &inbound.Error{Status: http.StatusForbidden, Text: refused.Error() + "; nothing of the push was taken"}
}

// mayGroup says whether a sender may have a group, which has series of its own:
// those that tell when it was pushed.
func mayGroup(from sender.Sender, key labels.Labels) error {
	may := sender.Write{Instances: from.Write.Instances, Jobs: from.Write.Jobs}
	if may.Allows(key) {
		return nil
	}
	return &inbound.Error{Status: http.StatusForbidden, Text: fmt.Sprintf("the group %s is %s", key, sender.ReasonForbidden)}
}

func (g *Gateway) delete(key labels.Labels) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.removeLocked(key.String()); err != nil {
		return unavailable(err)
	}
	return nil
}

// keep puts what is pushed into its group, in place of all that it has or of the
// metrics of the same names.
func (g *Gateway) keep(pushed *group, replace bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := pushed.labels.String()
	was := g.groups[key]
	next := pushed
	if !replace {
		next = was.with(pushed)
	}
	if was != nil {
		next.failed = was.failed
	}
	if err := g.roomLocked(was, next); err != nil {
		return err
	}
	if err := g.files.write(next); err != nil {
		return unavailable(err)
	}
	g.groups[key] = next
	return nil
}

// roomLocked says whether a group may stand in the place of what it was.
func (g *Gateway) roomLocked(was, next *group) error {
	groups, series := 1, len(next.series)
	ownGroups, ownSeries := groups, series
	if was != nil {
		groups, series = 0, series-len(was.series)
		if was.source == next.source {
			ownGroups, ownSeries = groups, series
		}
	}
	switch {
	case len(g.groups)+groups > g.cfg.MaxGroups:
		return full("there are %d groups, as many as may be", len(g.groups))
	case g.seriesLocked("")+series > g.cfg.MaxSeries:
		return full("all groups have %d series, near to as many as may be", g.seriesLocked(""))
	case ownGroups > 0 && g.groupsLocked(next.source)+ownGroups > max(g.cfg.MaxGroups/4, 1):
		return full("%s has %d groups, as many as one source may have", next.source, g.groupsLocked(next.source))
	case g.seriesLocked(next.source)+ownSeries > max(g.cfg.MaxSeries/4, 1):
		return full("%s has %d series, near to as many as one source may have", next.source, g.seriesLocked(next.source))
	}
	return nil
}

// fail notes at the group that a push failed.
func (g *Gateway) fail(key labels.Labels, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if was := g.groups[key.String()]; was != nil {
		failed := *was
		failed.failed = now
		g.groups[key.String()] = &failed // the file has it with the next push
	}
}

func badRequest(err error) error {
	return &inbound.Error{Status: http.StatusBadRequest, Text: err.Error()}
}

func unavailable(err error) error {
	return &inbound.Error{Status: http.StatusServiceUnavailable, Text: fmt.Sprintf("keep the group: %v", err), Wait: time.Second}
}

func full(format string, args ...any) error {
	return &inbound.Error{Status: http.StatusInsufficientStorage, Text: fmt.Sprintf(format, args...)}
}
