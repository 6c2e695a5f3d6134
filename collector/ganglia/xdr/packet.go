package xdr

// ID says what a packet is.
type ID uint32

// The kinds of packets.
const (
	Metadata ID = 128 + iota
	Ushort
	Short
	Int
	Uint
	String
	Float
	Double
	Request
)

// MaxBytes is the longest message that gmond sends or takes: 1500 bytes of an
// Ethernet frame, less 28 of headers and 8 that it keeps free.
const MaxBytes = 1464

// Packet is one datagram.
type Packet struct {
	ID      ID
	Host    string
	Name    string
	Spoofed bool

	Format string // of a value: how it is to be printed
	Value  Value
	Info   Info // of Metadata
}

// IsValue says whether the packet holds a value.
func (p *Packet) IsValue() bool { return p.ID >= Ushort && p.ID <= Double }

// Info describes a metric.
type Info struct {
	Type       string
	Units      string
	Slope      Slope
	TMAX, DMAX uint32 // seconds
	Extra      []Extra
}

// Extra is one of the further pairs that describe a metric.
type Extra struct{ Name, Value string }

// Get returns the first value of a pair, "" if there is none.
func (i Info) Get(name string) string {
	for _, e := range i.Extra {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}

// Slope says which way a value goes.
type Slope uint32

// The slopes.
const (
	Zero Slope = iota
	Positive
	Negative
	Both
	Unspecified
	Derivative
)

var slopeNames = [...]string{"zero", "positive", "negative", "both", "unspecified", "derivative"}

// String returns the word for s that gmetric takes and gmond's XML has.
func (s Slope) String() string {
	if int(s) < len(slopeNames) {
		return slopeNames[s]
	}
	return "unspecified"
}

// ParseSlope reads such a word; false for any other.
func ParseSlope(word string) (Slope, bool) {
	for i, name := range slopeNames {
		if name == word {
			return Slope(i), true
		}
	}
	return Unspecified, false
}

// Value is a value in one of its forms, by the packet's ID.
type Value struct {
	Number float64 // of all but String
	Text   string  // of String
}
