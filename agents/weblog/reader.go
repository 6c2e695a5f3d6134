package weblog

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"time"

	"plimsoll/agents/accesslog"
	"plimsoll/agents/weblog/syslog"
)

// reader makes entries of the lines of one file or one sender.
type reader struct {
	format *accesslog.Format // nil: not found yet
	auto   bool
	zone   *time.Location
	heads  []string // the lines before a format was found
	server string
	vhost  string    // of lines that tell none
	since  time.Time // what ended before is skipped
}

const (
	// maxHeads and maxHead bound the lines by which a format is looked for.
	maxHeads = 8
	maxHead  = 2048
	// badFormat is the reason of a line that no format with a name fits.
	badFormat accesslog.Reason = "format not known"
)

// newReader reads lines of a format, or finds it. Both were validated.
func newReader(format, zone, server string) (*reader, error) {
	at, err := time.LoadLocation(zone)
	if err != nil {
		return nil, err
	}
	r := &reader{zone: at, server: server, auto: format == "" || format == auto}
	if !r.auto {
		r.format, err = accesslog.New(format, at)
	}
	return r, err
}

// entry reads a line; ok is false if there is nothing to count in it.
func (r *reader) entry(line string, e *accesslog.Entry) (ok bool, err error) {
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return false, nil
	}
	err = accesslog.ErrUnknown
	if r.format != nil {
		var is bool
		if r.format, is = r.format.Heading(line); is {
			return false, nil
		}
		if err = r.format.Parse(line, e); err == nil {
			return r.wanted(e), nil
		}
	}
	if !r.auto || !r.find(line) {
		if line[0] == '#' {
			err = nil // a heading that tells no fields
		}
		return false, err
	}
	if err = r.format.Parse(line, e); err != nil {
		return false, nil // it was a heading
	}
	return r.wanted(e), nil
}

// wanted takes what is known of the file into the entry.
func (r *reader) wanted(e *accesslog.Entry) bool {
	if e.VHost == "" {
		e.VHost = r.vhost
	}
	return r.since.IsZero() || !e.At.Before(r.since)
}

// find looks for the format of a line, and of those before it. When a log changes
// its format, a line that does not fit tells it.
func (r *reader) find(line string) bool {
	if len(line) > maxHead {
		line = line[:maxHead]
	}
	f, err := accesslog.Detect([]string{line}, r.zone)
	if err != nil && r.format == nil {
		if len(r.heads) == maxHeads {
			r.heads = r.heads[1:]
		}
		r.heads = append(r.heads, strings.Clone(line))
		f, err = accesslog.Detect(r.heads, r.zone)
	}
	if err != nil || r.format != nil && r.format.String() == f.String() {
		return false
	}
	r.format, r.heads = f, nil
	return true
}

// reasonOf returns why a line was no entry, for a counter.
func reasonOf(err error) accesslog.Reason {
	var p *accesslog.ParseError
	if errors.As(err, &p) {
		return p.Reason
	}
	return badFormat
}

// senders are the readers of what comes by syslog.
type senders struct {
	readers map[sender]*reader
	max     int
	own     string // the name of this host
	host    string // and what it calls itself, which syslog tells
}

func newSenders(c Config) senders {
	host, _ := os.Hostname() // a machine without one has no name to go by
	return senders{readers: map[sender]*reader{}, max: 10 * c.MaxServers, own: c.Instance, host: host}
}

type sender struct {
	listener  int
	host, app string
}

// server returns the name of the server that a host is: one that has only its
// loopback address, or the name of this machine, is this host.
func (s *senders) server(host string) string {
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() || s.host != "" && strings.EqualFold(host, s.host) {
		return s.own
	}
	return accesslog.HostLabel(host)
}

// reader returns the one of a message's sender. Those beyond the bound share one
// for each listener.
func (s *senders) reader(listener int, c syslog.Config, m *syslog.Message) (*reader, error) {
	key := sender{listener, m.Host, m.App}
	if r := s.readers[key]; r != nil {
		return r, nil
	}
	if len(s.readers) >= s.max {
		key = sender{listener: listener, host: accesslog.Other}
		if r := s.readers[key]; r != nil {
			return r, nil
		}
	}
	r, err := newReader(c.Format, c.Zone, s.server(key.host))
	if err == nil {
		s.readers[sender{listener, strings.Clone(key.host), strings.Clone(key.app)}] = r
	}
	return r, err
}
