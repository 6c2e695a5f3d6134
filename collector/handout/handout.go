// Package handout gives agents their configuration, from files in a directory, by
// the protocol of internal/handout, and knows what became of it.
//
//	agent_configs/
//	  web3.yml       the agent of the instance web3
//	  web*.yml       of instances that match; the longest pattern counts
//	  @web.yml       of agents with the role web, or a pattern of roles
//	  default.yml    of all others
//
// The first that fits, in this order, is given out as it is. The directory is read
// at each request, so a changed file is fetched at the agents' next one.
//
// A token that may write some instances only fetches what is of these. But a role is
// what the agent says of itself: what only some agents may know, as a password, has
// its place in files of instances, not of roles.
package handout

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/handout"
	"plimsoll/internal/sender"
)

// Config says where the files are.
type Config struct {
	Dir        string
	Now        func() time.Time
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

// maxAgents bounds the agents that are remembered; beyond it the one that asked
// longest ago is forgotten.
const maxAgents = 10_000

// Agent is what is known of an agent that asked.
type Agent struct {
	Instance string `json:"instance"`
	Role     string `json:"role,omitempty"`
	// File is what it was given, Offered that file's checksum and InUse that of
	// what the agent works with.
	File    string    `json:"file,omitempty"`
	Offered string    `json:"offered,omitempty"`
	InUse   string    `json:"in_use,omitempty"`
	Error   string    `json:"error,omitempty"` // what the agent found wrong
	Asked   time.Time `json:"asked"`
}

// Handout answers agents.
type Handout struct {
	cfg Config

	mu sync.Mutex // guards by
	by map[string]Agent
}

// New returns a Handout of the files in c.Dir.
func New(c Config) (*Handout, error) {
	h := &Handout{cfg: c, by: map[string]Agent{}}
	if c.Registerer == nil {
		return h, nil
	}
	gauge := func(name, help string, count func(Agent) bool) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plimsoll_agent_configs_" + name, Help: help}, func() float64 {
			n := 0
			for _, a := range h.Agents() {
				if count(a) {
					n++
				}
			}
			return float64(n)
		})
	}
	return h, errors.Join(
		c.Registerer.Register(gauge("given", "Agents that asked for their configuration.", func(Agent) bool { return true })),
		c.Registerer.Register(gauge("refused", "Agents that refused the configuration they were given.", func(a Agent) bool { return a.Error != "" })),
	)
}

// Agents returns the agents that asked, by instance.
func (h *Handout) Agents() []Agent {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]Agent, 0, len(h.by))
	for _, a := range h.by {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Agent) int { return strings.Compare(a.Instance, b.Instance) })
	return out
}

// ServeHTTP implements http.Handler.
func (h *Handout) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := Agent{
		Instance: r.FormValue("instance"), Role: r.FormValue("role"), Asked: h.cfg.Now(),
		InUse: printable(r.Header.Get(handout.ChecksumHeader), 64), Error: printable(r.Header.Get(handout.ErrorHeader), handout.MaxErrorBytes),
	}
	if a.Instance == "" || len(a.Instance)+len(a.Role) > 500 {
		http.Error(w, "instance: missing, or too long", http.StatusBadRequest)
		return
	}
	if !sender.Of(r).Write.AllowsHost(a.Instance) {
		http.Error(w, "this token is not for the instance", http.StatusForbidden)
		return
	}
	text, err := h.find(&a)
	h.note(a)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.Error(w, fmt.Sprintf("there is no configuration for the instance %q", a.Instance), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case a.InUse == a.Offered:
		w.WriteHeader(http.StatusNotModified)
	default:
		w.Header().Set(handout.ChecksumHeader, a.Offered)
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(text) // the agent checks the sum
	}
}

// find reads the file for an agent and notes which it is.
func (h *Handout) find(a *Agent) ([]byte, error) {
	entries, err := os.ReadDir(h.cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("read agent_configs: %w", err)
	}
	best := 0
	for _, e := range entries {
		name, isYAML := strings.CutSuffix(e.Name(), ".yml")
		if rank := fit(name, a); isYAML && rank > best {
			best, a.File = rank, e.Name()
		}
	}
	if best == 0 {
		return nil, fs.ErrNotExist
	}
	text, err := os.ReadFile(filepath.Join(h.cfg.Dir, a.File))
	if err == nil && len(text) > handout.MaxBytes {
		err = fmt.Errorf("%s has %d bytes, more than %d", a.File, len(text), handout.MaxBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("read agent_configs: %w", err)
	}
	a.Offered = handout.Checksum(text)
	return text, nil
}

// Ranks of what fits; the length of a pattern is added.
const (
	rankDefault  = 1
	rankRole     = 1000
	rankInstance = 2000
	rankExact    = 4000
)

// fit says how well a file's name fits an agent, 0: not at all.
func fit(name string, a *Agent) int {
	if pattern, of := strings.CutPrefix(name, "@"); of {
		if is, _ := path.Match(pattern, a.Role); is && a.Role != "" {
			return rankRole + len(pattern)
		}
		return 0
	}
	if name == a.Instance {
		return rankExact
	}
	if is, _ := path.Match(name, a.Instance); is {
		return rankInstance + len(name)
	}
	if name == "default" {
		return rankDefault
	}
	return 0
}

// note remembers an agent, and logs what it newly found wrong.
func (h *Handout) note(a Agent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, known := h.by[a.Instance]
	if !known && len(h.by) >= maxAgents {
		h.forgetLocked()
	}
	h.by[a.Instance] = a
	if a.Error != "" && a.Error != before.Error && h.cfg.Logger != nil {
		h.cfg.Logger.Warn("an agent refuses its configuration", "instance", a.Instance, "file", a.File, "err", a.Error)
	}
}

// forgetLocked forgets the agent that asked longest ago.
func (h *Handout) forgetLocked() {
	oldest := Agent{Asked: h.cfg.Now()}
	for _, a := range h.by {
		if !a.Asked.After(oldest.Asked) {
			oldest = a
		}
	}
	delete(h.by, oldest.Instance)
}

// printable is what of a header can be shown.
func printable(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
	return strings.ToValidUTF8(text[:min(len(text), limit)], "")
}
