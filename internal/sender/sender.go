// Package sender says who sends a request and what he may write. Access control
// puts the Sender into the request's context; those who take samples, events and
// results of checks ask for it with Of.
//
//	guard: token or certificate ─► With ─► request ─► Of ─► receiver
//	                                                        Source: for limits and messages
//	                                                        Write:  what he may write
package sender

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// ReasonForbidden is why a sample is refused that its sender may not write.
const ReasonForbidden = "not allowed for this token"

// Sender is who sends.
type Sender struct {
	// Name is that of the token or certificate; empty where nobody is asked.
	Name string
	// Address is where the request comes from, without the port.
	Address string
	// Write is what he may write.
	Write Write
}

// Source names the sender for limits and messages: by name and address, so that
// one that uses a token with others is still told apart; or by what he speaks
// and the address.
func (s Sender) Source(speaks string) string {
	if s.Name != "" {
		speaks = s.Name
	}
	return speaks + " " + s.Address
}

// Write is what may be written: patterns as path.Match has them, in which {name}
// stands for the sender's name. An empty list is all.
type Write struct {
	Instances []string `yaml:"instances"` // of the label instance, and of the host of events and checks
	Jobs      []string `yaml:"jobs"`
	Metrics   []string `yaml:"metrics"`
}

// Everything says whether all may be written.
func (w Write) Everything() bool { return len(w.Instances)+len(w.Jobs)+len(w.Metrics) == 0 }

// Allows says whether samples of a series may be written.
func (w Write) Allows(l labels.Labels) bool {
	return in(w.Instances, l.Get("instance")) && in(w.Jobs, l.Get("job")) && in(w.Metrics, l.Get(metric.NameLabel))
}

// AllowsHost says whether an event or the result of a check may be of a host.
func (w Write) AllowsHost(host string) bool { return in(w.Instances, host) }

func in(patterns []string, s string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { is, _ := path.Match(p, s); return is })
}

// For returns w with {name} replaced with the name of a sender, whatever it holds.
func (w Write) For(name string) Write {
	name = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
	fill := func(patterns []string) []string {
		out := make([]string, 0, len(patterns))
		for _, p := range patterns {
			out = append(out, strings.ReplaceAll(p, "{name}", name))
		}
		return out
	}
	return Write{fill(w.Instances), fill(w.Jobs), fill(w.Metrics)}
}

// Filter returns the samples that may be written, which is samples itself if all
// may, and counts the others.
func (w Write) Filter(samples []metric.Sample) ([]metric.Sample, *metric.RefusedError) {
	if w.Everything() {
		return samples, nil
	}
	var refused *metric.RefusedError
	kept := make([]metric.Sample, 0, len(samples))
	for _, s := range samples {
		if w.Allows(s.Labels) {
			kept = append(kept, s)
		} else {
			refused = refused.Refuse(s, ReasonForbidden)
		}
	}
	return kept, refused
}

// Validate reports all patterns that are none, below the key.
func (w Write) Validate(key string) error {
	var errs []error
	for name, patterns := range map[string][]string{"instances": w.Instances, "jobs": w.Jobs, "metrics": w.Metrics} {
		for i, p := range patterns {
			if _, err := path.Match(p, ""); err != nil || p == "" {
				errs = append(errs, fmt.Errorf("%s.%s[%d]: %q is not a pattern such as %q", key, name, i, p, "web*"))
			}
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// contextKey is the key of a Sender in a context.
type contextKey struct{}

// With returns ctx with who sends.
func With(ctx context.Context, s Sender) context.Context {
	return context.WithValue(ctx, contextKey{}, s)
}

// In returns who sends a request with ctx, without an address if access is not
// controlled.
func In(ctx context.Context) Sender {
	s, _ := ctx.Value(contextKey{}).(Sender)
	return s
}

// Of returns who sends a request: without access control, whoever is at its
// address, who may write everything.
func Of(r *http.Request) Sender {
	s := In(r.Context())
	if s.Address == "" {
		var err error
		if s.Address, _, err = net.SplitHostPort(r.RemoteAddr); err != nil {
			s.Address = r.RemoteAddr
		}
	}
	return s
}
