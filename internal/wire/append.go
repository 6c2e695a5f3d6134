package wire

import (
	"encoding/binary"
	"math"

	"github.com/prometheus/prometheus/model/labels"
)

// AppendBool appends a bool to b.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendFloat appends a float to b.
func AppendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

// AppendString appends a string, or a run of bytes, to b.
func AppendString[T string | []byte](b []byte, v T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// AppendLabels appends labels to b.
func AppendLabels(b []byte, l labels.Labels) []byte {
	b = binary.AppendUvarint(b, uint64(l.Len()))
	l.Range(func(l labels.Label) { b = AppendString(AppendString(b, l.Name), l.Value) })
	return b
}
