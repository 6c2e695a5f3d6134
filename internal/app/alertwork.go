package app

import (
	"errors"
	"net/http"
	"time"

	"plimsoll/alerting/ackpage"
	"plimsoll/alerting/api"
)

// alertWorks are the ways in which people act on alerts: the API, and the page
// that a link in a message leads to.
func (a *App) alertWorks() (work, page http.Handler, err error) {
	report := func(err error) { a.logger.Error("internal error about alerts", "err", err) }
	work, err1 := api.New(api.Config{Engine: a.engine, Now: time.Now, Report: report})
	page, err2 := ackpage.New(ackpage.Config{Engine: a.engine, Now: time.Now, Report: report})
	return work, page, errors.Join(err1, err2)
}
