package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// RenderRequest asks for a picture of archives, as rrdtool graph draws it.
type RenderRequest struct {
	Matchers      []*labels.Matcher
	Start, End    time.Time
	Width, Height int // pixels of the plot
	Title         string
	CF            string   // AVERAGE, MIN, MAX or LAST
	DS            []string // columns of archives that have several; empty: the usual ones
	SVG           bool     // else PNG
}

// Sizes of pictures, in pixels.
const (
	minPicture, maxPicture        = 32, 2000
	pictureWidth, pictureHeight   = 600, 200
	maxPictureTitle, maxPictureDS = 200, 20
)

// render answers with a picture. Defaults: a PNG of averages in the last hour.
func (s *Server) render(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Limits.QueryTimeout)
	defer cancel()
	p, err := s.readParams(w, r)
	if err == nil && s.cfg.Render == nil {
		err = errAbsent
	}
	var req RenderRequest
	if err == nil {
		if req, err = p.renderRequest(); err != nil {
			err = badData(err)
		}
	}
	var picture []byte
	if err == nil {
		picture, err = s.cfg.Render(ctx, req)
	}
	if err != nil {
		s.fail(ctx, w, err)
		return
	}
	kind := "image/png"
	if req.SVG {
		kind = "image/svg+xml"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	_, _ = w.Write(picture) // a client that is gone needs no picture
}

func (p params) renderRequest() (RenderRequest, error) {
	var errs []error
	check := func(name string, err error) { errs = append(errs, invalid(name, err)) }
	req := RenderRequest{Title: p.Get("title"), DS: p.Values["ds"], SVG: p.Get("format") == "svg"}
	if f := p.Get("format"); f != "" && f != "png" && f != "svg" {
		check("format", fmt.Errorf("%q is neither png nor svg", f))
	}
	var err error
	req.CF, err = function(p.Get("fn"))
	check("fn", err)
	sets, err := parseMatchers([]string{p.Get("match")})
	if err != nil {
		check("match", errors.Unwrap(err))
	} else {
		req.Matchers = sets[0]
	}
	req.Width, err = p.pixels("width", pictureWidth)
	errs = append(errs, err)
	req.Height, err = p.pixels("height", pictureHeight)
	errs = append(errs, err)
	if len(req.Title) > maxPictureTitle {
		check("title", fmt.Errorf("has %d bytes, more than %d", len(req.Title), maxPictureTitle))
	}
	if len(req.DS) > maxPictureDS {
		check("ds", fmt.Errorf("%d names, more than %d", len(req.DS), maxPictureDS))
	}
	req.End, err = p.instant("end", p.now)
	errs = append(errs, err)
	req.Start, err = p.instant("start", req.End.Add(-time.Hour))
	errs = append(errs, err)
	if errors.Join(errs...) == nil && req.End.Unix() <= req.Start.Unix() {
		check("end", errors.New("end timestamp must be after start time"))
	}
	return req, errors.Join(errs...)
}

func (p params) pixels(name string, otherwise int) (int, error) {
	n, err := p.count(name, otherwise)
	if err == nil && (n < minPicture || n > maxPicture) {
		err = invalid(name, fmt.Errorf("%d is not from %d to %d", n, minPicture, maxPicture))
	}
	return n, err
}

// function reads a consolidation function by rrdtool's name or PromQL's.
func function(s string) (string, error) {
	switch cf := strings.ToUpper(s); {
	case s == "", cf == "AVG":
		return "AVERAGE", nil
	case slices.Contains([]string{"AVERAGE", "MIN", "MAX", "LAST"}, cf):
		return cf, nil
	}
	return "", fmt.Errorf("%q is none of average, min, max, last", s)
}
