package dashboard

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"plimsoll/internal/handout"
	"plimsoll/internal/orders"
)

// unknownAPI is the pattern of what looks like an API and is none.
const unknownAPI = "GET /api/"

// pagePattern is the pattern of the pages and their files.
const pagePattern = "GET /"

// route is one line of the access table.
type route struct {
	method string // GET stands for HEAD too
	path   string // as http.ServeMux takes it
	least  Role
	handle http.Handler
}

// pattern returns what http.ServeMux knows the route by.
func (r route) pattern() string {
	return r.method + " " + r.path
}

// routes is the access table: all that can be asked for, and by whom.
func (s *Server) routes() []route {
	var table []route
	add := func(least Role, path string, handle http.HandlerFunc, methods ...string) {
		for _, m := range methods {
			table = append(table, route{m, path, least, handle})
		}
	}
	const get, post = http.MethodGet, http.MethodPost

	s.promRoutes(add)
	s.senderRoutes(add)
	s.ruleRoutes(add)
	s.alertRoutes(add)
	s.pictureRoutes(add)
	s.adminRoutes(add)

	add(Viewer, "/api/plimsoll/v1/alerts", s.own(s.alerts), get)
	add(Viewer, "/api/plimsoll/v1/whoami", s.whoami, get)
	add(Viewer, "/api/plimsoll/v1/history", s.own(s.history), get)
	add(Viewer, "/api/plimsoll/v1/events", s.own(s.events), get)
	add(Reporter, "/api/plimsoll/v1/events", s.tell, post)
	add(Reporter, "/api/plimsoll/v1/checks", s.tellResult, post)
	add(Viewer, "/api/plimsoll/v1/hosts", s.own(s.hosts), get)
	add(Operator, "/api/plimsoll/v1/hosts/retire", s.own(s.retire), post)
	add(Viewer, "/api/plimsoll/v1/processes", s.own(s.processes), get)
	add(Viewer, "/api/plimsoll/v1/sources", s.own(s.sources), get)
	add(Viewer, "/api/plimsoll/v1/counters", s.own(s.counters), get)
	add(Viewer, "/api/plimsoll/v1/counters/top", s.own(s.topCounters), get)
	add(Viewer, "/api/plimsoll/v1/counters/tail", s.tailCounters, get)
	add(Viewer, "/api/plimsoll/v1/logs/top", s.own(s.topLogs), get)
	add(Viewer, "/api/plimsoll/v1/logs/tail", s.tailLogs, get)
	add(Agent, "/api/plimsoll/v1/logs/lines", s.takeLogs, post)
	add(Viewer, "/api/plimsoll/v1/fetch", s.own(s.fetch), get)
	add(Viewer, "/api/plimsoll/v1/status", s.own(s.status), get)
	add(Operator, "/api/plimsoll/v1/flush", s.own(s.flush), post)

	add(Viewer, "/api/plimsoll/v1/storage/plan", s.look(s.cfg.Storage.Plan), get)
	add(Viewer, "/api/plimsoll/v1/storage/archives", s.look(s.cfg.Storage.List), get)
	add(Viewer, "/api/plimsoll/v1/storage/history", s.look(s.cfg.Storage.History), get)
	add(Admin, "/api/plimsoll/v1/storage/reshape", s.alone(s.cfg.Storage.Reshape), post)
	add(Admin, "/api/plimsoll/v1/storage/import", s.alone(s.cfg.Storage.Import), post)
	add(Admin, "/api/plimsoll/v1/storage/snapshot", s.alone(s.cfg.Storage.Snapshot), post)
	add(Admin, "/api/plimsoll/v1/storage/remove", s.alone(s.cfg.Storage.Remove), post)
	add(Operator, "/api/plimsoll/v1/storage/restore", s.alone(s.cfg.Storage.Restore), post)
	add(Operator, "/api/plimsoll/v1/storage/dump", s.alone(s.cfg.Storage.Dump), post)
	add(Admin, "/api/plimsoll/v1/storage/undump", s.alone(s.cfg.Storage.Undump), post)
	add(Operator, "/api/plimsoll/v1/storage/verify", s.alone(s.cfg.Storage.Verify), post)

	add(Viewer, "/live", s.hub.ServeHTTP, get)
	add(Viewer, "/metrics", s.metrics(), get)
	add(Viewer, "/federate", s.federate, get)
	add(Anyone, "/healthz", healthz, get)
	add(Anyone, "/readyz", s.readyz, get)
	add(Anyone, "/-/healthy", healthz, get) // as promtool asks
	add(Anyone, "/-/ready", s.readyz, get)
	add(Viewer, "/api/", s.unknown, get)
	add(Viewer, "/", s.site.ServeHTTP, get)
	return table
}

// promRoutes adds Prometheus' API.
func (s *Server) promRoutes(add func(least Role, path string, handle http.HandlerFunc, methods ...string)) {
	const get, post = http.MethodGet, http.MethodPost

	add(Viewer, "/api/v1/query", s.weighed(params.heavy, s.query), get, post)
	add(Viewer, "/api/v1/query_range", s.weighed(params.heavy, s.queryRange), get, post)
	add(Viewer, "/api/v1/query_exemplars", s.prom(s.exemplars), get, post)
	add(Viewer, "/api/v1/format_query", s.prom(s.formatQuery), get, post)
	add(Viewer, "/api/v1/series", s.prom(s.series), get, post)
	add(Viewer, "/api/v1/labels", s.prom(s.labelNames), get, post)
	add(Viewer, "/api/v1/label/{name}/values", s.prom(s.labelValues), get)
	add(Viewer, "/api/v1/metadata", s.prom(s.metadata), get)
	add(Viewer, "/api/v1/rules", s.prom(s.rules), get)
	add(Viewer, "/api/v1/alerts", s.prom(s.promAlerts), get)
	add(Viewer, "/api/v1/status/buildinfo", s.prom(s.buildInfo), get)
	add(Viewer, "/api/v1/status/runtimeinfo", s.prom(s.runtimeInfo), get)
	add(Viewer, "/api/v1/status/flags", s.prom(s.flags), get)
	add(Viewer, "/api/v1/status/config", s.prom(s.promConfig), get)
	add(Viewer, "/api/v1/status/tsdb", s.weighed(heavy, s.cardinality), get)
	add(Viewer, "/api/v1/targets", s.prom(s.targets), get)
	add(Viewer, "/api/v1/alertmanagers", s.prom(s.alertmanagers), get)
	add(Viewer, "/api/v1/read", s.remoteRead, post)
	add(Agent, "/api/v1/write", handed(s.cfg.Write), post)
	add(Agent, handout.Path, handed(s.cfg.Handout), get)
}

// senderRoutes adds where others send to by protocols that are not Prometheus'
// own API: OTLP, at the path of its specification and those that collectors and
// Prometheus have it at, pushed groups of metrics, and what comes of orders.
func (s *Server) senderRoutes(add func(least Role, path string, handle http.HandlerFunc, methods ...string)) {
	for _, path := range []string{"/v1/metrics", "/otlp/v1/metrics", "/api/v1/otlp/v1/metrics"} {
		add(Agent, path, handed(s.cfg.OTLP), http.MethodPost)
	}
	for _, path := range []string{"/metrics/job/{group...}", "/metrics/job@base64/{group...}"} {
		add(Agent, path, handed(s.cfg.Push), http.MethodPut, http.MethodPost, http.MethodDelete)
	}
	add(Agent, orders.Path, s.held(s.cfg.Orders), http.MethodGet)
	add(Agent, orders.Path+"/{id}", handed(s.cfg.Orders), http.MethodPost)
}

// held is what a receiver answers that may hold a request until the server ends.
func (s *Server) held(receiver http.Handler) http.HandlerFunc {
	if receiver == nil {
		return notFound
	}
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		stop := context.AfterFunc(s.ending, cancel)
		defer stop()
		receiver.ServeHTTP(w, r.WithContext(ctx))
	}
}

// alertRoutes adds how people act on alerts.
func (s *Server) alertRoutes(add func(least Role, path string, handle http.HandlerFunc, methods ...string)) {
	const get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete
	const below = "/api/plimsoll/v1/alerting/"
	work := handed(s.cfg.AlertWork)

	add(Viewer, below+"alert", work, get)
	add(Viewer, below+"episodes", work, get)
	add(Operator, below+"ack", work, post, del)
	add(Operator, below+"acted", work, post)
	for _, holds := range []string{"silences", "downtimes"} {
		add(Viewer, below+holds, work, get)
		add(Operator, below+holds, work, post, del)
	}
	add(Viewer, below+"oncall", work, get)
	add(Operator, below+"overrides", work, post, del)
	add(Linked, "/ack/{token}", handed(s.cfg.AckPage), get, post)
}

// pictureRoutes adds what others show: pictures, and the page of one chart.
func (s *Server) pictureRoutes(add func(least Role, path string, handle http.HandlerFunc, methods ...string)) {
	add(Viewer, "/api/plimsoll/v1/render", s.render, http.MethodGet)
	add(Viewer, "/render", s.renderPicture, http.MethodGet)
	add(Viewer, "/embed", s.embed, http.MethodGet)
}

// unknown answers for paths below /api/ that cannot be asked by GET.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	post := r.Clone(r.Context())
	post.Method = http.MethodPost
	if s.guard.pattern(post) == "" {
		notFound(w, r)
		return
	}
	w.Header().Set("Allow", http.MethodPost)
	writeError(w, http.StatusMethodNotAllowed, "access", "the method "+r.Method+" is not for this path")
}

// handed is what a receiver answers, which may be absent.
func handed(receiver http.Handler) http.HandlerFunc {
	if receiver == nil {
		return notFound
	}
	return receiver.ServeHTTP
}

// metrics serves the service's own metrics.
func (s *Server) metrics() http.HandlerFunc {
	if s.cfg.Gatherer == nil {
		return notFound
	}
	return promhttp.HandlerFor(s.cfg.Gatherer, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 8,
	}).ServeHTTP
}

// healthz says that the process lives.
func healthz(w http.ResponseWriter, _ *http.Request) {
	writeText(w, http.StatusOK, "ok\n")
}

// readyz says whether the service can do its work. Strangers are not told why
// it cannot.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if s.cfg.Ready == nil {
		writeText(w, http.StatusOK, "ready\n")
		return
	}
	err := s.cfg.Ready()
	switch {
	case err == nil:
		writeText(w, http.StatusOK, "ready\n")
	case !s.guard.open():
		writeText(w, http.StatusServiceUnavailable, "not ready\n")
	default:
		writeText(w, http.StatusServiceUnavailable, "not ready: "+err.Error()+"\n")
	}
}
