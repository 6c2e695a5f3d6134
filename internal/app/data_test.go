package app

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore"
)

// A start with another step than the archives have ends with one sentence, and so
// does a check of the configuration with that directory.
func TestAnotherStepIsRefused(t *testing.T) {
	c := Default()
	c.Data = t.TempDir()
	c.Listen = Listen{HTTP: "127.0.0.1:0", UDP: "127.0.0.1:0"}
	s := c.spread().Storage.Config
	store, err := rrdstore.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMilli()
	err = store.Put(t.Context(), []metric.Sample{{Labels: labels.FromStrings(metric.NameLabel, "g"), At: now, Value: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.FlushAll(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := CheckData(c); err != nil {
		t.Errorf("checked with the right step: %v", err)
	}
	c.Storage.Tiers = c.Storage.Tiers[1:]
	c.Storage.Step = c.Storage.Tiers[0].Step
	for name, err := range map[string]error{
		"check": CheckData(c),
		"start": func() error {
			_, err := New(c, Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
			return err
		}(),
	} {
		if err == nil || !strings.Contains(err.Error(), "archives/g/_.rrd") || !strings.Contains(err.Error(), "storage.step is 1m0s") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
