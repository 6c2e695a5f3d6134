package timeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"plimsoll/alerting"
	"plimsoll/internal/query"
)

// act is what a line does. An error that is a failure says what was expected.
type act func(ctx context.Context, r *run) error

// run is a story under way.
type run struct {
	*alerting.Rehearsal
	world  *world
	config alerting.Config
	dir    string // of the ledger
}

// Run plays the story in a temporary directory and returns what is not as
// expected, nothing if all is.
func (t *Timeline) Run(ctx context.Context) (failures []string) {
	fail := func(err error) {
		if err != nil {
			failures = append(failures, err.Error())
		}
	}
	dir, err := os.MkdirTemp("", "plimsoll-timeline-")
	if err != nil {
		fail(err)
		return failures
	}
	defer func() { fail(os.RemoveAll(dir)) }()
	r, err := t.begin(dir)
	if err != nil {
		fail(fmt.Errorf("%s: %w", t.path, err))
		return failures
	}
	defer func() { fail(r.Close()) }()
	now := t.start
	for _, l := range t.events {
		if now, err = r.until(ctx, now, t.start.Add(l.at)); err != nil {
			fail(t.wrong(l, err))
			return failures
		}
		if err := l.do(ctx, r); err != nil {
			fail(t.wrong(l, err))
		}
	}
	if rest := r.world.take(); len(rest) > 0 {
		fail(fmt.Errorf("%s: messages that no line expects: %s", t.path, listed(rest)))
	}
	return failures
}

// begin opens the engine and has the series ready.
func (t *Timeline) begin(dir string) (*run, error) {
	r := &run{world: newWorld(t), config: t.config, dir: dir}
	for _, l := range t.loads {
		s, err := query.ParseScript(l.series, t.start, t.every)
		if err != nil {
			return nil, err
		}
		r.world.scripts = append(r.world.scripts, s)
	}
	r.config.Hosts, r.config.Sink = r.world.list, r.world.memory
	return r, r.open()
}

func (r *run) open() (err error) {
	r.Rehearsal, err = alerting.Rehearse(r.dir, r.config, r.world)
	return err
}

// until lets the seconds before an instant pass.
func (r *run) until(ctx context.Context, now, end time.Time) (time.Time, error) {
	for ; now.Before(end); now = now.Add(time.Second) {
		if err := errors.Join(ctx.Err(), r.world.advance(ctx, now)); err != nil {
			return now, err
		}
		r.Step(ctx, now)
	}
	r.world.change(func(w *world) { w.now = end })
	return now, nil
}
