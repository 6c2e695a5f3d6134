package app

import (
	"context"

	"plimsoll/alerting"
	"plimsoll/dashboard"
)

// Size of the chart in a mail, in pixels.
const (
	mailChartWidth  = 640
	mailChartHeight = 260
)

// chart draws an alert's chart, in a place among the queries of the pages. The
// engine, which is opened before the dashboard, does not ask before both run.
func (a *App) chart(ctx context.Context, c alerting.Chart) ([]byte, error) {
	r := dashboard.PictureRequest{
		Title: c.Title, Exprs: []string{c.Expr}, Start: c.Start, End: c.End, Of: c.Labels,
		Width: mailChartWidth, Height: mailChartHeight,
	}
	if c.Level != nil {
		r.Thresholds = []float64{*c.Level}
	}
	return a.dashboard.Picture(ctx, r)
}
