package collector

import (
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"plimsoll/internal/protobuf"
	"plimsoll/internal/remotewrite"
)

// moments are what a native histogram has no place for: an exemplar of ours tells
// it, see remotewrite.EncodeV2.
type moments struct {
	at               int64
	min, max, stddev float64
}

// readMoments reads an exemplar of remote write 2.0:
//
//	Exemplar { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3 }
//
// It reports false for one that is not ours.
func readMoments(w *protobuf.Reader, b []byte, symbols []string) (moments, bool) {
	m := moments{min: math.NaN(), stddev: math.NaN()}
	var refs []uint64
	for f := range w.Fields(b) {
		switch {
		case f.Number == 1 && (f.Kind == protowire.BytesType || f.Kind == protowire.VarintType):
			for ref := range w.Varints(f) {
				if ref >= uint64(len(symbols)) || len(refs) >= 8 {
					return m, false
				}
				refs = append(refs, ref)
			}
		case f.Is(2, protowire.Fixed64Type):
			m.max = f.Float()
		case f.IsVarint(3):
			m.at = int64(f.Bits)
		}
	}
	for i := 0; i+1 < len(refs); i += 2 {
		v, err := strconv.ParseFloat(symbols[refs[i+1]], 64)
		switch {
		case err != nil:
			return m, false
		case symbols[refs[i]] == remotewrite.MinLabel:
			m.min = v
		case symbols[refs[i]] == remotewrite.StddevLabel:
			m.stddev = v
		}
	}
	return m, !math.IsNaN(m.min) && !math.IsNaN(m.stddev)
}
