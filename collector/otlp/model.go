package otlp

// attr is one attribute, its value as text.
type attr struct{ key, value string }

// The kinds of metrics.
type kind int

const (
	gauge kind = iota
	sum
	histogram
	exponential
	summary
)

// The temporalities, as the protocol numbers them.
const (
	delta      = 1
	cumulative = 2
)

// instrument is what a metric says of all its points.
type instrument struct {
	name, unit  string
	kind        kind
	monotonic   bool
	temporality int
}

// point is a data point of any kind.
type point struct {
	attrs     []attr
	start, at uint64 // in ns since the Unix epoch
	flags     uint64

	value    float64 // of a gauge or sum
	hasValue bool

	count  uint64
	sum    float64
	hasSum bool

	bounds []float64 // of a histogram: upper, without the last
	counts []uint64

	scale              int32 // of an exponential histogram
	zeroCount          uint64
	zeroThreshold      float64
	positive, negative buckets

	quantiles []quantile
}

// buckets are neighbouring: the first holds base^offset < |v| <= base^(offset+1).
type buckets struct {
	offset int32
	counts []uint64
}

type quantile struct{ of, value float64 }

// noRecordedValue is the flag of a point whose series has ended, or paused.
const noRecordedValue = 1

func (p *point) ended() bool { return p.flags&noRecordedValue != 0 }

// Bounds of one point.
const (
	maxAttrs   = 128
	maxBuckets = 1024
)

// receiver takes what is read, resource by resource.
type receiver interface {
	resource(attrs []attr)
	metric(instrument)
	point(*point)
	// endResource follows the last point of a resource.
	endResource()
}
