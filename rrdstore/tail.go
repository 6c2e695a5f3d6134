package rrdstore

import (
	"plimsoll/internal/metric"
)

// tail is what is newer than all rows: edge is the end of the newest row of the
// finest tier, 0 for none.
type tail struct {
	edge int64
	rows []row
}

// tail returns what a series holds behind its newest finest row.
func (s *Store) tail(snap *snapshot) (tail, error) {
	if snap.kind == metric.Timing {
		return s.timingTail(snap), nil
	}
	a := &snap.archives[0]
	end, written := tail{}, a.start
	_, err := s.withFile(a, func(f archiveFile) error {
		pending := a.points.Since(0)
		end.edge = f.LastRow(findRRA(f.Schema(), snap.tiers[0].seconds(), "AVERAGE"), pending) * 1000
		written = f.LastMillis()
		return nil
	})
	before := written
	for _, p := range a.points.Since(written) {
		if p.At > end.edge {
			end.rows = append(end.rows, row{max(before, end.edge), p.At, p.Values})
		}
		before = p.At
	}
	return end, err
}

// timingTail is the interval that is still open in the finest tier.
func (s *Store) timingTail(snap *snapshot) tail {
	if snap.open == nil {
		return tail{}
	}
	from := floorTo(snap.last-1, snap.tiers[0].millis())
	return tail{edge: from, rows: []row{{from, snap.last, snap.open}}}
}
