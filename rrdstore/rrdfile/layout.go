package rrdfile

// Sizes of the C structures on amd64, see doc.go.
const (
	statBytes    = 128
	dsBytes      = 120
	rraBytes     = 120
	liveBytes    = 16
	pdpBytes     = 112
	cdpBytes     = 80
	pointerBytes = 8
	lastBytes    = 30 // of pdp_prep: the last reading as text
)

const (
	cookie      = "RRD\x00"
	version     = "0003\x00"
	floatCookie = 8.642135e130
)

// unknownBits is the NaN that rrdtool writes.
const unknownBits = 0xfff8 << 48

// layout holds the offsets of the parts of a file.
type layout struct {
	ds, rra        int64 // definitions
	live           int64 // the header region begins
	pdp, cdp, rows int64 // rows: the header region ends
	pointers       int64
}

func layoutOf(ds, rra int) layout {
	var l layout
	l.ds = statBytes
	l.rra = l.ds + dsBytes*int64(ds)
	l.live = l.rra + rraBytes*int64(rra)
	l.pdp = l.live + liveBytes
	l.cdp = l.pdp + pdpBytes*int64(ds)
	l.pointers = l.cdp + cdpBytes*int64(ds)*int64(rra)
	l.rows = l.pointers + pointerBytes*int64(rra)
	return l
}
