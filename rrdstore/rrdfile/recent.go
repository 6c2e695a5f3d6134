package rrdfile

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// recent are the newest rows of the archives of a file, as far back as Fetch was
// asked for them, so that they are read once:
//
//	in the file    ■■■■■■■■■■■■■■■■■■■■
//	kept                     ■■■■■■■■■■  up to the newest, without a gap
//	Update         + ■■ ■■              go behind it, as many leave it in front
//	what else writes, or fails to       all of it is forgotten
//
// Slices of values are never written to again: Fetch hands out parts of them.
type recent struct {
	most int // values of an archive that may be kept; 0: none are

	mu       sync.Mutex // guards archives; taken after File.mu
	archives []newest   // nil: nothing is kept

	bytes atomic.Int64 // of all values
}

// newest are the newest rows of one archive.
type newest struct {
	values []float64 // oldest first
	asked  int64     // how many rows were asked for, as seen from the newest
}

// find returns n rows, the last of which has age newer ones in the file, or nil.
// Asked is how many rows it would take once what is pending is in the file, too.
func (r *recent) find(rra int, ring ring, age, n, asked int64) []float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.archives == nil {
		return nil
	}
	a := &r.archives[rra]
	width := int64(ring.width)
	end := int64(len(a.values)) - age*width
	if begin := end - n*width; begin >= 0 {
		a.asked = max(a.asked, asked)
		return a.values[begin:end:end]
	}
	return nil
}

// wants tells whether rows are to be kept that reach n rows behind age newer
// ones: not, if most of them were not asked for.
func (r *recent) wants(ring ring, age, n int64) bool {
	return age <= n && (age+n)*int64(ring.width) <= int64(r.most)
}

// keep takes the newest rows of an archive.
func (r *recent) keep(rra, archives int, values []float64, asked int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.archives == nil {
		r.archives = make([]newest, archives)
	}
	a := &r.archives[rra]
	if len(values) < len(a.values) {
		return // somebody asked for more meanwhile
	}
	r.replace(a, values)
	a.asked = max(a.asked, asked)
}

func (r *recent) replace(a *newest, values []float64) {
	r.bytes.Add(8 * int64(len(values)-len(a.values)))
	a.values = values
}

// extend brings the rows of an update behind those that are kept.
func (r *recent) extend(stages []stage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.archives == nil {
		return
	}
	for i := range stages {
		a, s := &r.archives[i], &stages[i]
		if len(a.values) == 0 || len(s.values) == 0 {
			continue
		}
		all := slices.Concat(a.values, s.values)
		for k := len(a.values); k < len(all); k++ {
			all[k] = math.Float64frombits(bitsOf(all[k])) // as it would be read
		}
		most := min(s.rows, a.asked, int64(r.most/s.width)) * int64(s.width)
		r.replace(a, slices.Clone(all[max(0, int64(len(all))-most):]))
	}
}

func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.archives = nil
	r.bytes.Store(0)
}

// RecentBytes is the memory of the rows that the file keeps.
func (f *File) RecentBytes() int64 { return f.recent.bytes.Load() }

// ForgetRecent gives that memory back.
func (f *File) ForgetRecent() { f.recent.forget() }

// stored returns n rows of an archive as the file has them, the last of which
// has age newer ones there, and whether they were in memory. There is room behind
// them for extra rows, or nobody must append to them.
func (f *File) stored(rra int, age, n, extra, asked int64) ([]float64, bool, error) {
	ring, newest := f.rings[rra], f.state.row[rra]
	read := func(age, n, extra int64) ([]float64, error) {
		first := (newest - age - n + 1 + 2*ring.rows) % ring.rows
		return ring.read(f.handle, first, n, make([]float64, 0, (n+extra)*int64(ring.width)))
	}
	if n == 0 || f.recent.most == 0 {
		values, err := read(age, n, extra)
		return values, false, err
	}
	if values := f.recent.find(rra, ring, age, n, asked); values != nil {
		return values, true, nil
	}
	if !f.recent.wants(ring, age, n) {
		values, err := read(age, n, extra)
		return values, false, err
	}
	values, err := read(0, age+n, 0)
	if err != nil {
		return nil, false, err
	}
	f.recent.keep(rra, len(f.rings), values, asked)
	return values[: n*int64(ring.width) : n*int64(ring.width)], false, nil
}
