package rrdstore

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// lostSample is one that stood in a part of the journal that could not be read.
type lostSample struct {
	labels labels.Labels
	kind   metric.Kind
	at     int64
}

// broken notes a batch that did not come behind its names: who is in it, and what
// labels it would have told.
func (r *replayer) broken() {
	p := r.names
	if p == nil {
		return
	}
	r.names = nil
	all, err := p.samples()
	if err != nil {
		r.damaged++
		return
	}
	for _, n := range all {
		sr := r.refs[n.ref]
		switch {
		case n.told:
			r.told[n.ref] = n
		case sr != nil:
			n.labels = sr.labels
		case r.told[n.ref].told:
			n.labels = r.told[n.ref].labels
		default:
			r.lost++
			continue
		}
		r.missing[p.segment] = append(r.missing[p.segment], lostSample{n.labels, n.kind, n.at})
	}
}

// tellLost says which series lost samples, and writes the whole list beside the
// segment. Only damage that was found this time counts: of what was put right
// before, the names are still in the segment. An archive may have a sample
// though the journal has not.
func (s *Store) tellLost(replayed durable.Replayed, r *replayer) {
	for _, segment := range slices.Sorted(maps.Keys(r.missing)) {
		file := filepath.Join(s.cfg.Dir, "journal", fmt.Sprintf("%08d.wal", segment))
		torn := replayed.TornFile == file
		if !torn && !slices.ContainsFunc(replayed.Bad, func(b durable.BadSegment) bool { return b.File == file }) {
			continue
		}
		lost := slices.DeleteFunc(r.missing[segment], s.archived)
		if len(lost) == 0 {
			continue
		}
		list := file + ".lost"
		if err := durable.WriteFile(s.fs, list, listOf(lost)); err != nil {
			list = err.Error()
		}
		series, names := namesOf(lost)
		if torn { // not acknowledged, unless it is damage
			s.cfg.Logger.Warn("samples of the record that is not whole are lost", "file", file, "samples", len(lost), "series", series, "names", names, "list", list)
			continue
		}
		s.stats.lostSamples.Add(float64(len(lost)))
		s.cfg.Logger.Error("samples are lost that stood in a damaged part of the journal", "file", file, "samples", len(lost), "series", series, "names", names, "list", list)
	}
}

// archived tells whether an archive has a sample. Of a timing's running totals
// none does.
func (s *Store) archived(l lostSample) bool {
	sr := s.index.lookup(l.labels)
	if sr == nil || sr.kind != l.kind || sr.isTiming() || sr.before != nil {
		return false
	}
	a := &sr.archives[0]
	last := int64(0)
	there, err := s.withFile(&waiting{archive: a, exists: a.exists}, func(f archiveFile) error {
		last = f.LastMillis()
		return nil
	})
	return err == nil && there && last >= l.at
}

// listOf is a line for each sample: when, and of which series.
func listOf(lost []lostSample) []byte {
	var b []byte
	for _, l := range lost {
		b = metric.Time(l.at).UTC().AppendFormat(b, time.RFC3339Nano)
		b = append(append(append(b, ' '), l.labels.String()...), '\n')
	}
	return b
}

// namesInLog is how many series a line of the log names.
const namesInLog = 10

// namesOf counts the series, and names the first.
func namesOf(lost []lostSample) (series int, names string) {
	seen := map[string]bool{}
	var first []string
	for _, l := range lost {
		name := l.labels.String()
		if !seen[name] && len(first) < namesInLog {
			first = append(first, name)
		}
		seen[name] = true
	}
	names = strings.Join(first, " ")
	if len(seen) > len(first) {
		names += fmt.Sprintf(" and %d more", len(seen)-len(first))
	}
	return len(seen), names
}
