package rrdstore

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
	"plimsoll/rrdstore/rrdfile"
)

// rebuildAll brings points into archives that go beyond them. All files are
// synced before, so that recovery does not write what was there once more over
// it, and after it.
func (s *Store) rebuildAll(ctx context.Context, all []pastOfSeries, out *Backfilled) error {
	all = slices.DeleteFunc(slices.Clone(all), func(p pastOfSeries) bool { return len(p.Points) == 0 })
	if len(all) == 0 {
		return nil
	}
	if err := s.beginFlush(ctx); err != nil {
		return err
	}
	defer s.endFlush()
	var archives []*archive
	for _, p := range all {
		archives = p.series.appendArchives(archives)
	}
	if err := errors.Join(s.flushLocked(ctx, archives), s.syncFiles()); err != nil {
		return err
	}
	var errs []error
	for _, p := range all {
		if ctx.Err() == nil {
			errs = append(errs, p.failed(s.rebuild(p, out)))
		}
	}
	return errors.Join(joinFew(errs), s.syncFiles(), ctx.Err())
}

func (s *Store) rebuild(p pastOfSeries, out *Backfilled) error {
	sr := p.series
	if !sr.isTiming() {
		from, updates := updatesOf(sr.kind, p.Points)
		return s.rebuildFile(&sr.archives[0], out, func(*openFile) (int64, []rrdfile.Point, error) { return from, updates, nil })
	}
	for i, t := range sr.class.Tiers {
		rows := pastRows(p.Points, t.millis())
		err := s.rebuildFile(&sr.archives[i], out, func(f *openFile) (int64, []rrdfile.Point, error) {
			return betterRows(f, rows, t, out)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rebuildFile puts late updates into one file. Its header is in the journal
// before, as with any update.
func (s *Store) rebuildFile(a *archive, out *Backfilled, choose func(*openFile) (from int64, updates []rrdfile.Point, err error)) error {
	j := &job{archive: a, start: s.beginOf(a), exists: a.exists}
	if err := s.openJob(j); err != nil {
		return err
	}
	defer s.files.release(j.file)
	from, updates, err := choose(j.file)
	if err != nil || len(updates) == 0 {
		return err
	}
	if err := s.logHeaders([]*job{j}); err != nil {
		return err
	}
	done, err := j.file.Backfill(from, updates)
	out.Rows += done.Rows
	out.Kept += done.Kept
	out.Gone += done.Gone
	return err
}

// beginOf returns what the file of an archive, when it is made, is stamped with. An
// archive that no row was written to or waits for, as that of a timing's longest
// tier on its first day, begins with the interval that is open.
func (s *Store) beginOf(a *archive) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.last == 0 && !a.exists {
		a.begin(floorTo(a.series.last-1, a.layout().schema.Step*1000))
	}
	return a.start
}

// updatesOf turns points into updates of a file with one column, unknown where
// no point tells anything.
func updatesOf(kind metric.Kind, points []PastPoint) (from int64, updates []rrdfile.Point) {
	from = points[0].From
	at := from
	for _, p := range points {
		if p.At <= at {
			continue
		}
		if p.From > at {
			updates = append(updates, rrdfile.Point{At: p.From, Values: []float64{math.NaN()}})
			at = p.From
		}
		v := p.Value
		if kind == metric.Counter {
			v *= 1000 / float64(p.At-at)
		}
		updates = append(updates, rrdfile.Point{At: p.At, Values: []float64{v}})
		at = p.At
	}
	return from, updates
}

// pastRows gathers observations into the rows of a tier, by their ends in ms.
func pastRows(points []PastPoint, step int64) map[int64]*sketch.Sketch {
	rows := map[int64]*sketch.Sketch{}
	for _, p := range points {
		end := ceilTo(p.At, step)
		if rows[end] == nil {
			rows[end] = new(sketch.Sketch)
		}
		rows[end].Merge(p.Sketch)
	}
	return rows
}

// betterRows chooses the rows of a timing that hold at least as many
// observations as the archive has there: rows cannot be merged, but a part of
// what is known must not take the place of the whole. Rows that are not in the
// archive yet are those of open intervals, and kept too.
func betterRows(f *openFile, rows map[int64]*sketch.Sketch, t Tier, out *Backfilled) (from int64, updates []rrdfile.Point, err error) {
	ends := slices.Sorted(maps.Keys(rows))
	have, err := f.Fetch(0, ends[0]/1000-t.seconds(), ends[len(ends)-1]/1000, nil)
	if err != nil {
		return 0, nil, err
	}
	stored := map[int64]float64{}
	for _, r := range splitRows(have) {
		stored[r.at] = r.values[columnCount]
	}
	at := ends[0] - t.millis()
	from = at
	for _, end := range ends {
		n, is := stored[end]
		if !is && end > f.LastMillis() || n > rows[end].Count() {
			out.Kept++
			continue
		}
		if begin := end - t.millis(); begin > at {
			updates = append(updates, rrdfile.Point{At: begin, Values: unknownRow()})
		}
		updates = append(updates, rrdfile.Point{At: end, Values: timerRow(rows[end])})
		at = end
	}
	return from, updates, nil
}

func unknownRow() []float64 {
	row := make([]float64, len(timerDS))
	for i := range row {
		row[i] = math.NaN()
	}
	return row
}
