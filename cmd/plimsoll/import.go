package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/dashboard"
	"plimsoll/internal/app"
	"plimsoll/internal/history"
	"plimsoll/rrdstore"
)

func importCommand() command {
	return command{
		name: "import", args: "[flags] FILE...", about: "bring in history from files, once or again",
		examples: []string{
			"plimsoll import -format openmetrics old.txt",
			"plimsoll import -format json export.jsonl.zst       # of VictoriaMetrics",
			"plimsoll import -format accesslog -label host=web3 access.log.2.gz access.log.1 access.log",
			"plimsoll import -format csv -dry-run table.csv      # only count what is in it",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			i := &importFlags{}
			i.flags(f)
			f.Func("format", fmt.Sprintf("what the files hold: one of %v; if not given, told by what the first begins with", history.Formats()), func(v string) error {
				i.options.Format = history.Format(v)
				if !slices.Contains(history.Formats(), i.options.Format) {
					return fmt.Errorf("it is one of %v", history.Formats())
				}
				return nil
			})
			f.StringVar(&i.options.LogFormat, "log-format", "", "of access logs: a `NAME`, or nginx's or Apache's own description; found by the first lines if empty")
			f.Func("label", "set a label, `NAME=VALUE`, on all series; may be given more than once", i.label)
			f.Func("zone", "time zone of times that tell none, as `Europe/Berlin`; UTC if not given", i.zone)
			f.DurationVar(&i.options.Interval, "interval", 10*time.Second, "how long events are gathered")
			f.IntVar(&i.options.MaxBad, "max-bad", 1000, "stop after so many bad lines; -1: never")
			f.BoolVar(&i.dry, "dry-run", false, "store nothing, only read")
			return i.run
		},
	}
}

type importFlags struct {
	archives
	options history.Options
	dry     bool
}

var importWork = work{http.MethodPost, "import", func(s dashboard.Storage) dashboard.Work { return s.Import }}

func (i *importFlags) label(text string) error {
	name, value, is := strings.Cut(text, "=")
	if !is || name == "" || value == "" {
		return fmt.Errorf("%q is not NAME=VALUE", text)
	}
	b := labels.NewBuilder(i.options.Labels)
	i.options.Labels = b.Set(name, value).Labels()
	return nil
}

func (i *importFlags) zone(name string) (err error) {
	i.options.Zone, err = time.LoadLocation(name)
	return err
}

func (i *importFlags) run(e env, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: at least one file wanted", errUsage)
	}
	var inputs []history.Input
	for _, a := range args {
		inputs = append(inputs, history.File(a))
	}
	if i.options.Format == "" {
		var err error
		if i.options.Format, err = history.Detect(inputs[0]); err != nil {
			return err
		}
	}
	if i.dry {
		stats, err := app.WriteHistory(e.ctx, inputs, i.options, io.Discard)
		return errors.Join(err, printRead(e.stdout, &stats))
	}
	body, stats, err := i.send(e, inputs)
	if err := errors.Join(err, printRead(e.stdout, &stats)); err != nil {
		return err
	}
	return printStored(e.stdout, body)
}

// send reads the files and has them stored at the same time.
func (i *importFlags) send(e env, inputs []history.Input) (json.RawMessage, history.Stats, error) {
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	r, w := io.Pipe()
	read := make(chan error, 1)
	var stats history.Stats
	go func() { // ended by the pipe's end, and waited for below
		var err error
		stats, err = app.WriteHistory(ctx, inputs, i.options, w)
		w.CloseWithError(err)
		read <- err
	}()
	body, err := i.doWith(e, importWork, nil, r, func(json.RawMessage) error { return nil })
	r.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	if failed := <-read; failed != nil && !errors.Is(failed, io.ErrClosedPipe) {
		err = failed // what was read is at fault, not the storing
	}
	return body, stats, err
}

func printRead(out io.Writer, s *history.Stats) error {
	var b strings.Builder
	fmt.Fprintf(&b, "read %d lines: %d values of %d series, from %s to %s\n", s.Lines, s.Taken, s.Series, day(s.First), day(s.Last))
	for _, reason := range slices.Sorted(maps.Keys(s.Bad)) {
		fmt.Fprintf(&b, "  %d bad lines: %s\n", s.Bad[reason], clean(reason))
	}
	for _, reason := range slices.Sorted(maps.Keys(s.Skipped)) {
		fmt.Fprintf(&b, "  %d passed over: %s\n", s.Skipped[reason], clean(reason))
	}
	for _, example := range s.Examples {
		fmt.Fprintf(&b, "  such as %s\n", clean(example))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func printStored(out io.Writer, body json.RawMessage) error {
	var done rrdstore.Backfilled
	if err := json.Unmarshal(body, &done); err != nil {
		return fmt.Errorf("result is none: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "stored: %d points newer than all that was known, and %d rows rebuilt with what is older\n", done.New, done.Rows)
	if done.Kept > 0 {
		fmt.Fprintf(&b, "  %d rows kept: what is there holds more, or the finer rows to make them of are gone\n", done.Kept)
	}
	if done.Gone > 0 {
		fmt.Fprintf(&b, "  %d rows are older than their archives reach back\n", done.Gone)
	}
	for _, reason := range slices.Sorted(maps.Keys(done.Refused)) {
		fmt.Fprintf(&b, "  %d points refused: %s\n", done.Refused[reason], clean(reason))
	}
	_, err := io.WriteString(out, b.String())
	return err
}
