package spool

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
)

func TestReplayGivesWhatWasAppended(t *testing.T) {
	cfg := Default()
	cfg.Dir = t.TempDir()
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(1); at <= 3; at++ {
		if err := s.Append(at*1000, []Entry{{Labels: labels.FromStrings("__name__", "a_total"), Raw: "a", Value: float64(at), Start: 7}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Delivered(2000); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(cfg); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := s.Replay(func(at int64, entries []Entry) error {
		n++
		if at != 3000 || len(entries) != 1 || entries[0].Value != 3 || entries[0].Start != 7 || entries[0].Raw != "a" {
			t.Errorf("%d: %+v", at, entries)
		}
		return nil
	}); err != nil || n != 1 {
		t.Fatal(err, n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
