package app

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plimsoll/dashboard"
	"plimsoll/internal/metric"
	"plimsoll/rrdstore"
	"plimsoll/rrdstore/drawing"
	"plimsoll/rrdstore/librrd"
)

// DrawHelperCommand is the word on the command line of a process that draws for
// the service. It is not for people.
const DrawHelperCommand = "draw-helper"

// DrawHelper draws what it is asked on standard input until that ends.
func DrawHelper() error {
	if err := drawing.Limit(); err != nil {
		return err
	}
	return drawing.Serve(os.Stdin, os.NewFile(3, "replies"), librrd.Draw)
}

// renderer is how archives are drawn, nil where there are none.
func (a *App) renderer() func(context.Context, dashboard.RenderRequest) ([]byte, error) {
	if a.archives == nil {
		return nil
	}
	c := drawing.Default()
	c.Command, c.Logger = []string{"/proc/self/exe", DrawHelperCommand}, a.logger
	c.Env = []string{"LC_ALL=C.UTF-8"}
	if zone, is := os.LookupEnv("TZ"); is { // an empty one is UTC, none the machine's
		c.Env = append(c.Env, "TZ="+zone)
	}
	pool := drawing.New(c)
	a.close = append(a.close, pool.Close)
	return func(ctx context.Context, r dashboard.RenderRequest) ([]byte, error) {
		lines, err := a.lines(ctx, r)
		if err != nil {
			return nil, err
		}
		return pool.Draw(ctx, drawing.Request{
			Title: r.Title, Width: r.Width, Height: r.Height, Start: r.Start.Unix(), End: r.End.Unix(),
			CF: r.CF, SVG: r.SVG, Lines: lines,
		})
	}
}

// lines finds the archives to draw. Those of a timing are the ones whose rows
// suit the time that is drawn.
func (a *App) lines(ctx context.Context, r dashboard.RenderRequest) ([]drawing.Line, error) {
	found, err := a.archives.Fetch(ctx, rrdstore.FetchRequest{
		Matchers: r.Matchers, CF: r.CF, Resolution: (r.End.Unix() - r.Start.Unix()) / int64(r.Width),
		Start: r.Start.Unix(), End: r.Start.Unix(), // that they are there is all
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b rrdstore.FetchedSeries) int { return cmp.Compare(a.File, b.File) })
	data, err := filepath.Abs(a.config.Data) // helpers are elsewhere
	if err != nil {
		return nil, err
	}
	var lines []drawing.Line
	for _, s := range found {
		for _, ds := range columns(s.DS, r.DS) {
			lines = append(lines, drawing.Line{File: filepath.Join(data, s.File), DS: ds, Legend: legend(s.Labels, s.DS, ds)})
		}
		if len(lines) > drawing.MaxLines {
			return nil, fmt.Errorf("%w: %d series have more than %d lines; ask for fewer of them", metric.ErrTooMuch, len(found), drawing.MaxLines)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%w: no archive matches that has such columns; one is made at the first update of its series", metric.ErrExecution)
	}
	return lines, nil
}

// columns are those of an archive that are drawn: the asked ones, or of a timing
// its percentiles.
func columns(has, asked []string) []string {
	if len(has) == 1 {
		return has
	}
	return slices.DeleteFunc(slices.Clone(has), func(ds string) bool {
		if len(asked) > 0 {
			return !slices.Contains(asked, ds)
		}
		return !strings.HasPrefix(ds, "p")
	})
}

// legend is a series as PromQL writes it, and the column where there are several.
func legend(labels map[string]string, has []string, ds string) string {
	var pairs []string
	for name, value := range labels {
		if name != metric.NameLabel {
			pairs = append(pairs, fmt.Sprintf("%s=%q", name, value))
		}
	}
	slices.Sort(pairs)
	text := labels[metric.NameLabel]
	if len(pairs) > 0 {
		text += "{" + strings.Join(pairs, ",") + "}"
	}
	switch {
	case len(has) > 1:
		text += " " + ds
	case ds == "rate":
		text += " per second"
	}
	return text
}
