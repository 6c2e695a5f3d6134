package check

import (
	"context"
	"net/http/httptrace"
	"sync"
	"time"
)

// phases measures the parts of a request. Redirects add up.
type phases struct {
	*phaseTimes
	clock func() time.Time
}

type phaseTimes struct {
	mu    sync.Mutex // guards what follows: the transport calls from where it likes
	began map[string]time.Time
	took  map[string]time.Duration
}

func newPhases(clock func() time.Time) phases {
	return phases{&phaseTimes{began: map[string]time.Time{}, took: map[string]time.Duration{}}, clock}
}

// begin notes that a phase begins; of several at a time the first counts.
func (p phases) begin(phase string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began[phase].IsZero() {
		p.began[phase] = p.clock()
	}
}

func (p phases) end(phase string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if began := p.began[phase]; !began.IsZero() {
		p.took[phase] += p.clock().Sub(began)
		delete(p.began, phase)
	}
}

// follow has a request tell of its phases.
func (p phases) follow(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:             func(httptrace.DNSStartInfo) { p.begin("resolve") },
		DNSDone:              func(httptrace.DNSDoneInfo) { p.end("resolve") },
		ConnectStart:         func(_, _ string) { p.begin("connect") },
		ConnectDone:          func(_, _ string, _ error) { p.end("connect") },
		WroteRequest:         func(httptrace.WroteRequestInfo) { p.begin("processing") },
		GotFirstResponseByte: func() { p.end("processing"); p.begin("transfer") },
	})
}

// tell ends the phase that goes on and adds those that there were to f.
func (p phases) tell(f *findings, name string) {
	p.end("transfer")
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, phase := range []string{"resolve", "connect", "tls", "processing", "transfer"} {
		if took, was := p.took[phase]; was {
			f.measured(name, took.Seconds(), "phase", phase)
		}
	}
}
