package dashboard

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

const (
	headerTimeout = 5 * time.Second  // for the head of a request
	readTimeout   = 30 * time.Second // for the whole of it
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 1500 * time.Millisecond // for requests under way at shutdown
	maxHeader     = 32 << 10                // bytes
	maxForm       = 1 << 20                 // bytes of a form
)

// Server is the HTTP server. It owns its listener and all connections.
type Server struct {
	cfg     Config
	started time.Time
	ln      net.Listener
	http    *http.Server
	hub     *hub
	site    *site
	table   []route
	guard   *guard
	audit   *audit
	places  places
	tails   chan struct{} // holds one token for each open tail
	working chan struct{} // holds one while work on the archives is done alone

	ending context.Context // ends when drain begins, for answers without an end
	end    context.CancelFunc
}

// New binds cfg.Listen; nothing is answered before Run.
func New(cfg Config) (*Server, error) {
	if err := errors.Join(cfg.Validate(), cfg.wired()); err != nil {
		return nil, err
	}
	if cfg.Report == nil {
		cfg.Report = func(err error) { cfg.Logger.Error("internal error in dashboard", "err", err) }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	site, err := newSite(cfg.Pages)
	if err != nil {
		return nil, err
	}
	gauges, err := newGauges(cfg.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register dashboard metrics: %w", err)
	}
	s := &Server{cfg: cfg, started: cfg.Now(), site: site, places: newPlaces(cfg.Limits.Queries), tails: make(chan struct{}, maxTails), working: make(chan struct{}, 1)}
	s.ending, s.end = context.WithCancel(context.Background())
	s.hub = newHub(cfg, gauges)
	s.table = s.routes()
	count := func(reason string) { gauges.refused.WithLabelValues(reason).Inc() }
	s.guard = newGuard(s.table, cfg.Auth, count, cfg.Now)
	s.guard.embed = cfg.Limits.EmbedFrom
	s.audit = &audit{guard: s.guard, logger: cfg.Logger, now: cfg.Now}
	s.http = &http.Server{
		Handler:           &observe{s.guard, s.audit, gauges, cfg.Report, cfg.Now},
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + cfg.Limits.QueryTimeout + readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelDebug),
	}
	ln := cfg.Listener
	if ln == nil {
		if ln, err = net.Listen("tcp", cfg.Listen); err != nil {
			return nil, fmt.Errorf("listen for HTTP on %q: %w", cfg.Listen, err)
		}
	}
	s.ln = netutil.LimitListener(ln, cfg.Limits.Connections)
	if cfg.TLS != nil { // HTTP/1.1 alone, so that the bounds of connections are those of requests
		s.ln = tls.NewListener(s.ln, cfg.TLS)
	}
	return s, nil
}

// Addr returns the address that is listened on.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// SetAuth replaces the tokens while the server runs. Open websockets are closed,
// since their token may be gone; browsers come back with what they have. The
// caller has made sure that CheckListen agrees.
func (s *Server) SetAuth(auth Auth) error {
	if err := auth.Validate(); err != nil {
		return err
	}
	s.guard.setAuth(auth)
	s.hub.dismiss()
	return nil
}

// Close frees the listener of a Server that was never Run.
func (s *Server) Close() error { return s.ln.Close() }

// Run answers requests until ctx ends. Then it accepts no more, tells the
// websockets that the server goes away, and returns when all that was under
// way is answered, or after drainTimeout.
func (s *Server) Run(ctx context.Context) error {
	hubCtx, stopHub := context.WithCancel(context.WithoutCancel(ctx))
	defer stopHub()
	hubDone := make(chan struct{})
	go func() { // waited for below
		defer close(hubDone)
		s.hub.run(hubCtx)
	}()
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.ln) }() // waited for below
	s.cfg.Logger.Info("dashboard listens", "address", s.Addr().String())

	var err error
	select {
	case <-ctx.Done():
		err = s.drain(ctx)
		if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, fmt.Errorf("serve HTTP on %s: %w", s.Addr(), ended))
		}
	case err = <-served:
		err = fmt.Errorf("serve HTTP on %s: %w", s.Addr(), err)
	}
	stopHub()
	<-hubDone
	return err
}

// drain ends all connections, in kindness first.
func (s *Server) drain(ctx context.Context) error {
	s.hub.close()
	s.end()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := s.http.Shutdown(limit)
	if errors.Is(err, context.DeadlineExceeded) {
		s.cfg.Logger.Warn("requests were cut off at shutdown", "after", drainTimeout)
		err = s.http.Close()
	}
	if err != nil {
		return fmt.Errorf("close HTTP server: %w", err)
	}
	return nil
}
