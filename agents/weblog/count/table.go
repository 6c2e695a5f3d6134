package count

import (
	"net/http"
	"time"

	"plimsoll/agents/accesslog"
	"plimsoll/agents/weblog/class"
)

// Config is what New needs.
type Config struct {
	Interval time.Duration
	Rules    *class.Rules
	// MaxServers, MaxVHosts and MaxClasses bound what is told apart, each within
	// the one before it.
	MaxServers, MaxVHosts, MaxClasses int
	// MaxPages bounds all of them together; beyond it are only classes "other".
	MaxPages int
	// MaxCells bounds pages times open intervals.
	MaxCells int
}

// Default returns bounds for a farm's log host. Interval and Rules are missing.
func Default() Config {
	return Config{MaxServers: 200, MaxVHosts: 100, MaxClasses: 100, MaxPages: 20_000, MaxCells: 100_000}
}

const (
	// MaxAhead is how far after now a request may have ended.
	MaxAhead = time.Minute
	// Idle is how long a series goes on without a request.
	Idle = 10 * time.Minute
	// Forget is how long a page without a request is known.
	Forget = 24 * time.Hour
	// maxPaths bounds the paths of a vhost whose pages are remembered.
	maxPaths = 4096
)

// Table counts. One goroutine uses it at a time.
type Table struct {
	cfg     Config
	step    int64 // Interval in ms
	servers map[string]*server
	pages   []*page
	open    map[int64]*interval // by their end, ms
	last    *interval           // that was counted in
	cells   int
	closed  int64 // end of the last interval that was cut; 0: none was

	Late, Ahead uint64 // requests
}

type server struct {
	name   string
	vhosts map[string]*vhost
}

type vhost struct {
	server *server
	name   string
	pages  map[string]*page // by class
	paths  map[string]*page // by path as it was sent: a cache
}

// page is what is counted apart: a class of pages of a vhost of a server.
type page struct {
	number   int // its place in Table.pages
	vhost    *vhost
	class    string
	requests map[slot]*tally
	bytes    tally
	series   map[string]seriesLabels // labels of its series, made once
}

// tally is a counter: a running total since start.
type tally struct {
	Total float64 `json:"total"`
	Start int64   `json:"start"`
	// Counted is the end of the last interval in which it grew.
	Counted int64 `json:"counted"`
}

// New returns an empty table.
func New(c Config) *Table {
	return &Table{cfg: c, step: c.Interval.Milliseconds(), servers: map[string]*server{}, open: map[int64]*interval{}}
}

// Add counts a request of a server's log, and returns its vhost and class.
func (t *Table) Add(serverName string, e *accesslog.Entry, now time.Time) (vhost, class string) {
	p := t.page(t.vhost(t.server(serverName), e.VHost), e)
	t.interval(e.At, now).cell(t, p).add(e)
	return p.vhost.name, p.class
}

func (t *Table) server(name string) *server {
	s := t.servers[name]
	if s != nil {
		return s
	}
	if len(t.servers) >= t.cfg.MaxServers && name != accesslog.Other {
		return t.server(accesslog.Other)
	}
	return t.newServer(cloned(name))
}

func (t *Table) newServer(name string) *server {
	s := &server{name: name, vhosts: map[string]*vhost{}}
	t.servers[name] = s
	return s
}

func (t *Table) vhost(s *server, host string) *vhost {
	v := s.vhosts[host]
	if v != nil {
		return v
	}
	name := accesslog.HostLabel(host)
	if v = s.vhosts[name]; v != nil {
		return v
	}
	if len(s.vhosts) >= t.cfg.MaxVHosts && name != accesslog.Other {
		return t.vhost(s, accesslog.Other)
	}
	return s.newVHost(cloned(name))
}

func (s *server) newVHost(name string) *vhost {
	v := &vhost{server: s, name: name, pages: map[string]*page{}, paths: map[string]*page{}}
	s.vhosts[name] = v
	return v
}

func (t *Table) page(v *vhost, e *accesslog.Entry) *page {
	if p := v.paths[e.Path]; p != nil {
		return p
	}
	name, named := t.cfg.Rules.Of(v.name, e.Path)
	if !named && v.pages[name] == nil && e.Status == http.StatusNotFound {
		return t.pageOf(v, class.Other)
	}
	p := t.pageOf(v, name)
	if len(v.paths) >= maxPaths {
		clear(v.paths)
	}
	v.paths[cloned(e.Path)] = p
	return p
}

func (t *Table) pageOf(v *vhost, name string) *page {
	p := v.pages[name]
	if p != nil {
		return p
	}
	if (len(v.pages) >= t.cfg.MaxClasses || len(t.pages) >= t.cfg.MaxPages) && name != class.Other {
		return t.pageOf(v, class.Other)
	}
	return t.newPage(v, cloned(name))
}

func (t *Table) newPage(v *vhost, name string) *page {
	p := &page{number: len(t.pages), vhost: v, class: name, requests: map[slot]*tally{}}
	v.pages[name] = p
	t.pages = append(t.pages, p)
	return p
}

// Full reports that the open intervals have no more room. A single one always has.
func (t *Table) Full() bool { return t.cells >= t.cfg.MaxCells && len(t.open) > 1 }

// Closed is the end of the last interval that was cut, zero for none.
func (t *Table) Closed() time.Time {
	if t.closed == 0 {
		return time.Time{}
	}
	return time.UnixMilli(t.closed)
}
