package counterd

import (
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/counterd/line"
	"plimsoll/internal/sketch"
)

// record is a name as one shard knows it and, for most, the time series that it
// stands for. Two spellings of a series, or two shards, have a record each, of
// which the first is the series. There may be very many, so what few of them
// need stands apart, in rich.
//
// key, labels, rich and kind never change while the record is in use.
type record struct {
	key    string // the raw name, and "|" and the raw tags if there are any
	labels labels.Labels
	rich   *rich // nil for most counters and gauges

	// The reader writes those of the present epoch, the ticker has the others.
	cell  [2]float64 // counters: the increase. Gauges: the value, or the deltas
	isSet [2]bool    // a gauge was set, its cell is not only deltas

	everPlain bool // the reader's: a line without a time came
	filled    bool // the ticker's: the same, so the series goes out at each flush
	kind      line.Kind
	state     uint8 // the registry's, below

	// the ticker's
	value   float64 // a counter's total, a gauge's value
	start   int64   // of a counter, Unix milliseconds
	touched uint32  // the ticker's age when it last saw a line, 0 for never

	// the registry's
	sharing uint32 // of an owner: how many series have its name
	source  uint32 // the account of who sent it first

	recent float32 // the ticker's: of a counter, the increase of this flush, for people
}

// The bits of record.state.
const (
	dormant uint8 = 1 << iota // expired, kept as the owner of its name
	mapped                    // the name comes from a mapping rule
	reserve                   // an overflow series, which no limit counts
	within                    // an alias in the shard of its series: its lines count there
)

// rich is what most counters and gauges do without.
type rich struct {
	acc   [2]gathered // by epoch, as record.cell
	alias *alias      // when the series is another record; it never changes, nor does
	scale float64     // of the values of its lines, into the unit of the series; 0 for none

	// the ticker's
	second  *sketch.Sketch      // of the second that ended
	window  *sketch.Sketch      // of this flush
	members map[string]struct{} // of a set, in this flush
	compat  *compat
}

// gathered is what an epoch brought.
type gathered struct {
	sketch  *sketch.Sketch
	members map[string]struct{}
}

// ref names a record of any shard: 8 bits of shard, 24 bits of id.
type ref uint32

const (
	maxShards  = 1 << 8
	maxRecords = 1 << 24
)

func makeRef(shard int, id uint32) ref { return ref(shard)<<24 | ref(id) }
func (r ref) shard() int               { return int(r >> 24) }
func (r ref) id() uint32               { return uint32(r) & (maxRecords - 1) }

// series returns the record of the series.
func (r *record) series() *record {
	if r.isAlias() {
		return r.rich.alias.of
	}
	return r
}

func (r *record) isAlias() bool { return r.rich != nil && r.rich.alias != nil }

// use notes at which age of the ticker an alias had a line, and tells whether
// what it brought is in the record of its series.
func (r *record) use(age uint32) bool {
	if r.isAlias() {
		r.touched = age
	}
	return r.state&within != 0
}

// raw returns the name as senders write it.
func (r *record) raw() string {
	name, _, _ := strings.Cut(r.key, "|")
	return name
}

// spelling is raw for people.
func (r *record) spelling() string {
	if r.kind == line.OK || r.kind == line.Fail {
		return "ok_" + r.raw()
	}
	return r.raw()
}

// is tells whether the record has this kind, name and tags.
func (r *record) is(k line.Kind, name, tags []byte) bool {
	if r.kind != k || len(r.key) < len(name) || r.key[:len(name)] != string(name) {
		return false
	}
	if len(tags) == 0 {
		return len(r.key) == len(name)
	}
	return len(r.key) == len(name)+1+len(tags) && r.key[len(name)] == '|' && r.key[len(name)+1:] == string(tags)
}
