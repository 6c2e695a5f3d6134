package ackpage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"plimsoll/alerting"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

// view is what the page says.
type view struct {
	Title   string
	Trouble string // why there is nothing else to see
	Open    bool   // the trouble lasts
	Over    string // how it ended

	Severity metric.Severity
	Summary  string
	Facts    []fact
	Told     []fact

	Reader string // as whom he answers
	Ack    *metric.AlertAck
	Mine   bool   // Ack is the reader's
	AckFor string // since when and until when
	Seen   string // names Ack
}

// fact is a line of a list.
type fact struct{ Name, Text string }

// look finds what there is to be seen behind a link.
func (p *Page) look(ctx context.Context, token string) (view, error) {
	a, reader, err := p.Engine.LinkedAlert(token)
	if errors.Is(err, alerting.ErrNoAlert) {
		return p.over(ctx, token)
	}
	if err != nil {
		return view{}, err
	}
	now := p.Now()
	v := view{
		Title: a.Name, Open: true, Severity: a.Severity, Summary: a.Summary, Reader: reader,
		Facts: []fact{{"Since", moment(a.Since) + ", " + span(now.Sub(a.Since)) + " ago"}},
	}
	if a.Target != "" {
		v.Facts = append(v.Facts, fact{"Target", a.Target})
	}
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		v.Facts = append(v.Facts, fact{name, a.Labels[name]})
	}
	if v.Ack = a.Ack; a.Ack != nil {
		v.Mine, v.Seen = a.Ack.By == reader, strconv.FormatInt(a.Ack.At.UnixMilli(), 10)
		v.AckFor = fmt.Sprintf("since %s, until %s", moment(a.Ack.At), moment(a.Ack.Until))
	}
	v.Told, err = p.told(ctx, a)
	return v, err
}

// told lists who knows of the present trouble, and how.
func (p *Page) told(ctx context.Context, a metric.Alert) (told []fact, err error) {
	messages, err := p.Engine.Messages(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range messages { // the newest first
		known := slices.ContainsFunc(told, func(f fact) bool { return f.Name == m.Contact })
		if m.Episode == a.Episode && m.Event == notify.Problem && !known {
			told = append(told, fact{m.Contact, became(m)})
		}
	}
	slices.SortFunc(told, func(a, b fact) int { return cmp.Compare(a.Name, b.Name) })
	return told, nil
}

// became says what became of a message.
func became(m ledger.Told) string {
	switch {
	case !m.Answered.IsZero():
		return "answered " + moment(m.Answered)
	case m.Status == "sent":
		return "told " + moment(m.Sent)
	case m.Status == "queued":
		return "is being told"
	}
	return "was not reached"
}

// over says of a trouble how it ended.
func (p *Page) over(ctx context.Context, token string) (view, error) {
	v := view{Title: "It is over", Over: "This trouble is over. You need do nothing."}
	e, err := p.Engine.LinkedEpisode(ctx, token)
	if errors.Is(err, ledger.ErrNoEntry) { // so long ago that it is forgotten
		return v, nil
	}
	if err != nil {
		return view{}, err
	}
	v.Title, v.Summary = e.Name, e.Summary
	v.Facts = []fact{{"Since", moment(e.Began)}}
	if e.End == notify.Closed {
		v.Over = "This trouble was closed: nobody looks any more, or nothing can be seen. That is no all-clear, but there is nothing to take care of here."
	}
	if !e.Ended.IsZero() {
		v.Facts = append(v.Facts, fact{"Ended", fmt.Sprintf("%s, after %s", moment(e.Ended), span(e.Ended.Sub(e.Began)))})
	}
	if e.AckedBy != "" {
		v.Facts = append(v.Facts, fact{"Taken care of by", e.AckedBy})
	}
	return v, nil
}

func moment(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04 MST") }

// span writes a duration roughly, as people say it.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
