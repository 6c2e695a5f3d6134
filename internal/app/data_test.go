package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore"
)

// A check of the configuration with a directory tells of archives of other
// resolutions in one sentence.
func TestAnotherStepIsTold(t *testing.T) {
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
	if note, err := InspectData(c); note != "" || err != nil {
		t.Errorf("inspected with the right step: %q, %v", note, err)
	}
	c.Storage.Tiers = c.Storage.Tiers[1:]
	c.Storage.Step = c.Storage.Tiers[0].Step
	if note, err := InspectData(c); err != nil || !strings.Contains(note, "1 archives, such as ") || strings.Contains(note, "\n") {
		t.Errorf("inspected with another: %q, %v", note, err)
	}
}
