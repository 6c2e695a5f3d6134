package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/picture"
)

// PictureRequest asks for a picture of what expressions give.
type PictureRequest struct {
	Title      string
	Exprs      []string
	Start, End time.Time
	Unit       string // "": what the first expression seems to be in
	Thresholds []float64
	// Of keeps the series whose labels are these, where they have them; nil: all.
	Of            map[string]string
	Width, Height int
	Dark          bool
}

// pictureAge is how long a picture may be shown again: a wiki page with many
// readers asks once.
const pictureAge = 30 * time.Second

// renderPicture answers with a picture: GET /render.
func (s *Server) renderPicture(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Limits.QueryTimeout)
	defer cancel()
	p, err := s.readParams(w, r)
	if err != nil {
		s.fail(ctx, w, err)
		return
	}
	req, err := p.pictureRequest()
	if err != nil {
		s.fail(ctx, w, badData(err))
		return
	}
	kind, draw := "image/svg+xml", picture.Chart.SVG
	if p.Get("format") == "png" {
		kind, draw = "image/png", picture.Chart.PNG
	}
	drawn, err := s.draw(ctx, req, draw)
	if err != nil {
		s.fail(ctx, w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", fmt.Sprintf("private, max-age=%d", pictureAge/time.Second))
	h.Set("Content-Length", strconv.Itoa(len(drawn)))
	_, _ = w.Write(drawn) // a client that is gone needs no picture
}

// Picture draws a PNG, within the same bounds as for those who ask by HTTP.
func (s *Server) Picture(ctx context.Context, req PictureRequest) ([]byte, error) {
	return s.draw(ctx, req, picture.Chart.PNG)
}

// draw asks and draws in one place of the queries: a large PNG is work, too.
func (s *Server) draw(ctx context.Context, req PictureRequest, as func(picture.Chart) ([]byte, error)) ([]byte, error) {
	leave, err := s.places.take(ctx, req.heavy())
	if err != nil {
		return nil, err
	}
	defer leave()
	chart, err := req.chart(ctx, s.cfg.History)
	if err != nil {
		return nil, err
	}
	return as(chart)
}

// heavy is params.heavy for any of the expressions.
func (r PictureRequest) heavy() bool {
	for _, expr := range r.Exprs {
		if heavyQuery(expr, r.End.Sub(r.Start)) {
			return true
		}
	}
	return false
}

// step is the distance of points: one each two pixels at most, and a multiple of
// what is stored.
func (r PictureRequest) step() time.Duration {
	const stored = 10 * time.Second
	least := r.End.Sub(r.Start) * 2 / time.Duration(max(r.Width, picture.MinWidth))
	return max(stored, (least+stored-1)/stored*stored)
}

// chart asks all expressions.
func (r PictureRequest) chart(ctx context.Context, from metric.Querier) (picture.Chart, error) {
	c := picture.Chart{
		Title: r.Title, Start: r.Start, End: r.End, Step: r.step(), Unit: r.Unit,
		Thresholds: r.Thresholds, Width: r.Width, Height: r.Height, Dark: r.Dark,
	}
	if c.Unit == "" {
		c.Unit = unitOf(r.Exprs[0])
	}
	if c.Title == "" {
		c.Title = r.Exprs[0]
	}
	for _, expr := range r.Exprs {
		q := metric.Query{Expr: expr, Start: r.Start.Truncate(c.Step), End: r.End, Step: c.Step}
		res, err := from.Query(ctx, q)
		if err != nil {
			return c, fmt.Errorf("expression %q: %w", expr, err)
		}
		found := r.kept(res.Series)
		room := max(0, picture.MaxSeries-len(c.Series))
		shown := found[:min(room, len(found))]
		c.Left += len(found) - len(shown)
		c.Series = append(c.Series, named(expr, shown, len(r.Exprs) > 1)...)
	}
	if r.Of != nil && len(c.Series) == 0 {
		return c, fmt.Errorf("%w: %q has no series of %v in that time", metric.ErrExecution, r.Exprs, r.Of)
	}
	return c, nil
}
