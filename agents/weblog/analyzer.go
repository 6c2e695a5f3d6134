package weblog

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"syscall"
	"time"

	"plimsoll/agents/accesslog"
	"plimsoll/agents/weblog/class"
	"plimsoll/agents/weblog/count"
	"plimsoll/agents/weblog/syslog"
	"plimsoll/agents/weblog/tail"
	"plimsoll/agents/weblog/watch"
	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// Analyzer reads, counts and delivers.
type Analyzer struct {
	cfg       Config
	logger    *slog.Logger
	rules     *class.Rules
	labels    map[string]string
	hub       *watch.Hub
	metrics   *metrics
	listeners []*listener
	queue     chan queued

	// What follows belongs to the goroutine of Run.
	table    *count.Table
	tailer   *tail.Tailer
	readers  map[*tail.File]*reader
	senders  senders
	pending  []count.Batch // cut, and not yet with their sinks
	pushed   uint64        // lines of syslog since the state was kept
	imported time.Time
	keptAt   time.Time
	keepTook time.Duration
	scanned  time.Time
	// heard says that there is something to look at each round: files, or lines
	// that came by syslog, in this process or the one before.
	heard bool
}

// listener is a syslog server and its place in the configuration.
type listener struct {
	*syslog.Server
	cfg syslog.Config
}

// queued is a message that waits.
type queued struct {
	syslog.Message
	listener int
}

// New binds the sockets, and reads the state.
func New(c Config) (*Analyzer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.SinkFor == nil {
		return nil, errors.New("access logs have no sink")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.FS == nil {
		c.FS = durable.Disk{}
	}
	a := &Analyzer{
		cfg: c, logger: c.Logger, hub: watch.New(c.Now), queue: make(chan queued, c.Queue),
		readers: map[*tail.File]*reader{}, senders: newSenders(c),
	}
	if a.logger == nil {
		a.logger = slog.New(slog.DiscardHandler)
	}
	a.labels = maps.Clone(c.Labels)
	if a.labels == nil {
		a.labels = map[string]string{}
	}
	a.labels["job"] = c.Job
	err := a.open()
	if err != nil {
		return nil, errors.Join(err, a.closeListeners())
	}
	return a, nil
}

func (a *Analyzer) open() (err error) {
	if a.rules, err = class.New(a.cfg.Classes); err != nil {
		return err
	}
	a.table = a.newTable()
	if a.metrics, err = newMetrics(a.cfg.Registerer, a); err != nil {
		return fmt.Errorf("register metrics of access logs: %w", err)
	}
	for _, c := range a.cfg.Syslog {
		if err := a.listen(c); err != nil {
			return err
		}
	}
	s, err := a.load()
	if err != nil {
		return err
	}
	tc := tail.Config{MaxLine: a.cfg.MaxLine, Logger: a.logger}
	for _, f := range a.cfg.Files {
		_, end, _ := f.since() // it was validated
		tc.Sources = append(tc.Sources, tail.Source{Pattern: f.Path, FromStart: !end})
	}
	a.tailer = tail.Open(tc, s.Files, a.cfg.Now())
	a.heard = len(a.cfg.Files) > 0 || len(s.Table.Pages) > 0
	if s.Limit > 0 {
		a.pending = a.table.Cut(s.Limit, a.labels)
	}
	return nil
}

// listen binds an address; one that is optional may be taken.
func (a *Analyzer) listen(c syslog.Config) error {
	s, err := syslog.New(c)
	if c.Optional && errors.Is(err, syscall.EADDRINUSE) {
		a.logger.Warn("syslog for access logs is not received: the address is taken", "address", c.Address)
		return nil
	}
	if err == nil {
		a.listeners = append(a.listeners, &listener{s, c})
	}
	return err
}

func (a *Analyzer) closeListeners() error {
	var errs []error
	for _, l := range a.listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

func (a *Analyzer) newTable() *count.Table {
	c := count.Default()
	c.Interval, c.Rules = a.cfg.Interval, a.rules
	c.MaxServers, c.MaxVHosts, c.MaxClasses = a.cfg.MaxServers, a.cfg.MaxVHosts, a.cfg.MaxClasses
	return count.New(c)
}

// Hub is where the lines can be looked at.
func (a *Analyzer) Hub() *watch.Hub { return a.hub }

// Addrs are where syslog is received.
func (a *Analyzer) Addrs() (addrs []net.Addr) {
	for _, l := range a.listeners {
		addrs = append(addrs, l.Addr())
	}
	return addrs
}

// Meta describes the series.
func Meta() []metric.Meta { return count.Meta() }

// fileReader returns the reader of a file.
func (a *Analyzer) fileReader(f *tail.File) *reader {
	if r := a.readers[f]; r != nil {
		return r
	}
	c := a.fileConfig(f.Pattern)
	format, server := c.Format, c.Instance
	if server == "" {
		server = a.cfg.Instance
	}
	r, err := newReader(format, c.Zone, server)
	if err != nil {
		panic("BUG: the format of " + f.Pattern + " was not validated: " + err.Error())
	}
	r.vhost = c.VHost
	r.since, _, _ = c.since()
	if c.From == fromStart && f.First {
		r.since = a.imported
	}
	findFormat(r, f)
	if len(a.readers) > 2*tail.MaxFiles {
		clear(a.readers) // most are of files that are over
	}
	a.readers[f] = r
	return r
}

// findFormat goes on with the format that was kept, or looks at the begin of a
// file that is read from its middle: headings stand there.
func findFormat(r *reader, f *tail.File) {
	if kept, err := accesslog.New(f.Note, r.zone); err == nil && (r.auto || kept.Follows(r.format)) {
		r.format = kept
		return
	}
	var e accesslog.Entry
	for _, line := range f.Begin() {
		if line == "" || line[0] != '#' {
			return
		}
		_, _ = r.entry(line, &e) // headings are none
	}
}

func (a *Analyzer) fileConfig(pattern string) File {
	for _, f := range a.cfg.Files {
		if f.Path == pattern {
			return f
		}
	}
	return File{Path: pattern}
}
