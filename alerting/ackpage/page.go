package ackpage

import (
	"bytes"
	"context"
	_ "embed" // the template
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"sync"
	"time"

	"plimsoll/alerting"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/link"
	"plimsoll/internal/metric"
)

//go:embed page.html
var pageText string

// Engine is what is asked of the alert engine.
type Engine interface {
	LinkedAlert(token string) (alert metric.Alert, contact string, err error)
	LinkedEpisode(ctx context.Context, token string) (ledger.Episode, error)
	Messages(ctx context.Context, id string) ([]ledger.Told, error)
	AcknowledgeByLink(ctx context.Context, token, note string) error
}

// Config is what New needs; all of it.
type Config struct {
	Engine Engine
	Now    func() time.Time
	// Report is told of errors that are nobody's fault but the service's.
	Report func(error)
}

// Page answers requests whose path value "token" is that of a link.
type Page struct {
	Config
	shape *template.Template
	wrong guesses

	answering sync.Mutex // held from looking at what was seen to acknowledging
}

const maxFormBytes = 16 << 10

// New returns a Page.
func New(c Config) (*Page, error) {
	if c.Engine == nil || c.Now == nil || c.Report == nil {
		return nil, errors.New("page of links: Engine, Now or Report is missing")
	}
	shape, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("page of links: %w", err)
	}
	return &Page{Config: c, shape: shape}, nil
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	v, err := p.look(r.Context(), token)
	if err == nil && r.Method == http.MethodPost && v.Open {
		if err = p.answer(w, r, token); err == nil {
			// Relative, since a proxy may have this below another path.
			w.Header().Set("Location", token)
			w.WriteHeader(http.StatusSeeOther)
			return
		}
	}
	code := http.StatusOK
	if err != nil {
		v, code = p.refusal(w, err)
	}
	p.show(w, code, v)
}

// answer takes care in the name of the reader, unless he has done since he saw
// the page.
func (p *Page) answer(w http.ResponseWriter, r *http.Request, token string) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	p.answering.Lock()
	defer p.answering.Unlock()
	now, err := p.look(r.Context(), token)
	if err != nil || now.Mine && now.Seen != r.PostForm.Get("seen") {
		return err
	}
	err = p.Engine.AcknowledgeByLink(r.Context(), token, r.PostForm.Get("note"))
	if errors.Is(err, alerting.ErrNoAlert) { // it ended meanwhile, as the page then says
		return nil
	}
	return err
}

// errForm says that what was sent is not what the page sends.
var errForm = errors.New("the answer cannot be read")

// refusal says why there is nothing to be seen.
func (p *Page) refusal(w http.ResponseWriter, err error) (view, int) {
	switch {
	case errors.Is(err, link.ErrBad) && !p.wrong.allow(p.Now()):
		w.Header().Set("Retry-After", "60")
		return view{Title: "Please wait", Trouble: "Too many links that are not whole were asked for. Try again in a minute."}, http.StatusTooManyRequests
	case errors.Is(err, link.ErrBad):
		return view{Title: "This link is not whole", Trouble: "Mail programs sometimes break long links into two lines. Copy all of it from the message."}, http.StatusNotFound
	case errors.Is(err, errForm):
		return view{Title: "That could not be read", Trouble: "Nobody was told. Go back and try again, with a shorter note perhaps."}, http.StatusBadRequest
	}
	p.Report(fmt.Errorf("page of a link: %w", err))
	return view{Title: "That did not work", Trouble: "Nothing was changed. The error was reported; try again, or use the dashboard."}, http.StatusInternalServerError
}

func (p *Page) show(w http.ResponseWriter, code int, v view) {
	var text bytes.Buffer
	if err := p.shape.Execute(&text, v); err != nil {
		p.Report(fmt.Errorf("draw the page of a link: %w", err))
		http.Error(w, "internal error; it was reported", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
	w.WriteHeader(code)
	_, _ = w.Write(text.Bytes()) // a client that is gone needs no answer
}
