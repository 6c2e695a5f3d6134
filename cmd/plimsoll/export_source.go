package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"plimsoll/dashboard"
	"plimsoll/internal/app"
	"plimsoll/internal/total"
)

// historySource is where a history is read: a running service, or archives that
// are open in this process.
type historySource struct {
	server server
	here   dashboard.Work // nil: the service does it
	closer io.Closer
	limit  string // of points of a page; "": the usual
}

func (x *exportFlags) open(e env) (*historySource, error) {
	if x.data == "" {
		return &historySource{server: x.server}, nil
	}
	config, err := app.Load(x.config)
	if err != nil {
		return nil, err
	}
	config.Data = x.data
	storage, closer, err := app.OpenArchives(config, slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	return &historySource{here: storage.History, closer: closer}, err
}

func (h *historySource) close() error {
	if h.closer == nil {
		return nil
	}
	return h.closer.Close()
}

// ask has the history work done and calls each with what it tells.
func (h *historySource) ask(ctx context.Context, ask url.Values, each func(any) error) (out app.History, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if h.here != nil {
		var failed error
		result, err := h.here(ctx, ask, bytes.NewReader(nil), func(v any) {
			if failed == nil {
				if failed = each(v); failed != nil {
					cancel()
				}
			}
		})
		if err = errors.Join(failed, err); err != nil {
			return out, err
		}
		return result.(app.History), nil
	}
	answer, err := h.server.do(ctx, http.MethodGet, "/api/plimsoll/v1/storage/history", ask)
	if err != nil {
		return out, err
	}
	defer answer.Close()
	body, err := outcome(answer, func(told json.RawMessage) error { return each(told) })
	if err == nil {
		err = json.Unmarshal(body, &out)
	}
	return out, err
}

// told takes what came, typed or as JSON.
func told[T any](v any) (out T, err error) {
	if raw, is := v.(json.RawMessage); is {
		err = json.Unmarshal(raw, &out)
		return out, err
	}
	out, is := v.(T)
	if !is {
		return out, fmt.Errorf("the archives tell of a %T, want a %T", v, out)
	}
	return out, nil
}

func (h *historySource) plan(ctx context.Context, match string) (app.History, error) {
	return h.ask(ctx, url.Values{"match": {match}}, func(any) error { return nil })
}

// page reads one page whole, so that the source need not wait for where it goes.
func (h *historySource) page(ctx context.Context, match string, s app.HistorySlice, after string) (found []app.HistorySeries, out app.History, err error) {
	ask := url.Values{
		"match": {match}, "from": {strconv.FormatInt(s.From, 10)}, "to": {strconv.FormatInt(s.To, 10)}, "after": {after}, "limit": {h.limit},
	}
	out, err = h.ask(ctx, ask, func(v any) error {
		one, err := told[app.HistorySeries](v)
		found = append(found, one)
		return err
	})
	return found, out, err
}

func (h *historySource) totals(ctx context.Context) (found []total.Series, err error) {
	_, err = h.ask(ctx, url.Values{"totals": {"true"}}, func(v any) error {
		one, err := told[total.Series](v)
		found = append(found, one)
		return err
	})
	return found, err
}
