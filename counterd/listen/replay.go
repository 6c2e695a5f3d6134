package listen

import "time"

// replayFilter remembers which signatures of one key were accepted. Times that can
// be accepted span two windows, so they lie in two generations of that length at
// most, and older ones can go:
//
//	generation   g-1        g         g+1
//	          |─────────|─────────|─────────|
//	acceptable         [now-w ─────── now+w]
type replayFilter struct {
	span  int64 // of a generation, milliseconds: two windows
	most  int   // per generation
	older generation
	newer generation
}

// generation holds the first eight bytes of each MAC. Two datagrams share them by
// chance once in 2^64; nobody without the key can bring it about.
type generation struct {
	index int64
	seen  map[uint64]struct{}
}

// verdict is what the filter says.
type verdict uint8

const (
	fresh verdict = iota
	replayed
	forgotten // of a generation that is gone: the clock was set back
	full
)

func newReplayFilter(window time.Duration, most int) *replayFilter {
	return &replayFilter{span: 2 * window.Milliseconds(), most: most}
}

// admit remembers the signature id of the instant at.
func (f *replayFilter) admit(at time.Time, id uint64) verdict {
	g := f.generation(at.UnixMilli() / f.span)
	if g == nil {
		return forgotten
	}
	if _, known := g.seen[id]; known {
		return replayed
	}
	if len(g.seen) >= f.most {
		return full
	}
	g.seen[id] = struct{}{}
	return fresh
}

// generation finds or begins the generation of an index; nil when it is older than
// those kept.
func (f *replayFilter) generation(index int64) *generation {
	if f.newer.seen == nil { // the first: what is one older may still come
		f.newer = generation{index, map[uint64]struct{}{}}
		f.older = generation{index - 1, map[uint64]struct{}{}}
	}
	switch {
	case index == f.newer.index+1:
		f.older, f.newer = f.newer, generation{index, map[uint64]struct{}{}}
	case index > f.newer.index:
		f.older = generation{index - 1, map[uint64]struct{}{}}
		f.newer = generation{index, map[uint64]struct{}{}}
	}
	switch index {
	case f.newer.index:
		return &f.newer
	case f.older.index:
		return &f.older
	}
	return nil
}
