package history

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// Format is what a file holds.
type Format string

// The formats.
const (
	OpenMetrics Format = "openmetrics"
	Prometheus  Format = "prometheus"
	JSON        Format = "json"
	CSV         Format = "csv"
	Lines       Format = "lines"
	AccessLog   Format = "accesslog"
)

// Formats returns all of them.
func Formats() []Format { return []Format{OpenMetrics, Prometheus, JSON, CSV, Lines, AccessLog} }

// MaxBlock is how many samples one call of emit has at the most.
const MaxBlock = 4096

// ErrTooManyBad says that a file is likely not of the format: Read stopped.
var ErrTooManyBad = errors.New("too many bad lines")

// Input is a file. Open is called when it is its turn.
type Input struct {
	Name string // for messages
	Open func() (io.ReadCloser, error)
}

// File returns the file at path as an Input.
func File(path string) Input {
	return Input{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

// Options say how to read. What is zero has a default.
type Options struct {
	Format Format
	// LogFormat is that of AccessLog, as accesslog.New takes it; empty: found by
	// the first lines. Zone is that of times without one; nil is UTC.
	LogFormat string
	Zone      *time.Location
	// Labels are set on all series, over those of the input.
	Labels labels.Labels
	// Interval is how long events are gathered: 10 s, at least 2 s.
	Interval time.Duration
	// Idle is how long a counter of events may be silent and still counts as
	// alive, an hour: until then its intervals without events are zero.
	Idle time.Duration

	MaxSeries    int    // 100,000; of others nothing is taken
	MaxBad       int    // bad lines after which Read stops: 1,000; -1: never
	MaxLineBytes int    // 1 MiB, of JSON 64 MiB; longer lines are bad
	MemoryBytes  int64  // 64 MiB, at least 1 MiB
	TempDir      string // that of the system
}

func (o Options) withDefaults() (Options, error) {
	line := 1 << 20
	if o.Format == JSON {
		line = 64 << 20
	}
	setDefault(&o.Interval, 10*time.Second)
	setDefault(&o.Idle, time.Hour)
	setDefault(&o.MaxSeries, 100_000)
	setDefault(&o.MaxBad, 1000)
	setDefault(&o.MaxLineBytes, line)
	setDefault(&o.MemoryBytes, 64<<20)
	o.MemoryBytes = max(o.MemoryBytes, 1<<20)
	if o.Interval < 2*time.Second || o.Interval%time.Second != 0 {
		return o, fmt.Errorf("interval %s: whole seconds, from 2s on", o.Interval)
	}
	return o, nil
}

func setDefault[T comparable](v *T, to T) {
	if *v == *new(T) {
		*v = to
	}
}

// Emit takes samples of one series. It must not keep the slice.
type Emit func(samples []metric.Sample) error

// Read reads the inputs, one after the other, and then emits what they hold; see
// the package comment. On an error nothing was emitted, or emit returned it, or
// what was put aside on disk could not be read back. The Stats are true in any
// case.
func Read(ctx context.Context, inputs []Input, o Options, emit Emit) (Stats, error) {
	r := &reading{}
	o, err := o.withDefaults()
	if err != nil {
		return r.Stats, err
	}
	r.options, r.sorter = o, newSorter(o, &r.Stats)
	defer r.sorter.close()
	p, err := r.parser()
	if err != nil {
		return r.Stats, err
	}
	for _, in := range inputs {
		if err := r.file(ctx, in, p); err != nil {
			return r.Stats, fmt.Errorf("%s: %w", in.Name, err)
		}
	}
	return r.Stats, r.sorter.finish(ctx, emit)
}

// parser reads the lines of one format, without their ends. begin is shown
// what each file begins with.
type parser interface {
	begin(head []byte) error
	parse(line []byte) verdict
}

// reading is one Read.
type reading struct {
	Stats
	options Options
	sorter  *sorter
}

func (r *reading) parser() (parser, error) {
	switch r.options.Format {
	case OpenMetrics, Prometheus:
		return newExposition(r), nil
	case JSON:
		return &exported{r: r}, nil
	case CSV:
		return &table{r: r}, nil
	case Lines:
		return newEvents(r), nil
	case AccessLog:
		return newAccess(r)
	}
	return nil, fmt.Errorf("format %q: known are %v", string(r.options.Format), Formats())
}

// checkEvery is after how many lines a reading asks whether to go on.
const checkEvery = 1024

func (r *reading) file(ctx context.Context, in Input, p parser) (err error) {
	file, err := in.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	plain, done, err := decompress(file)
	if err != nil {
		return err
	}
	defer done()
	s := newScanner(plain, r.options.MaxLineBytes)
	if err := p.begin(s.head()); err != nil {
		return err
	}
	for number := 1; s.next(); number++ {
		if number%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := r.line(in.Name, number, s, p); err != nil {
			return err
		}
	}
	if s.err != nil {
		return fmt.Errorf("after line %d: %w", s.lines, s.err)
	}
	return nil
}

func (r *reading) line(name string, number int, s *scanner, p parser) error {
	r.Lines++
	v := verdict{reason: "line too long", detail: fmt.Sprintf("more than %d bytes", r.options.MaxLineBytes)}
	if !s.tooLong {
		v = p.parse(s.line)
	}
	if v.reason != "" {
		r.bad(name, number, v, s.line)
		if n := r.BadLines(); r.options.MaxBad >= 0 && n > int64(r.options.MaxBad) {
			return fmt.Errorf("%w: %d, the first is %s", ErrTooManyBad, n, r.Examples[0])
		}
	}
	return r.sorter.err
}
