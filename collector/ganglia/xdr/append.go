package xdr

import (
	"encoding/binary"
	"math"
)

// Append writes a packet behind b. It does not look at its length: see MaxBytes.
func Append(b []byte, p Packet) []byte {
	b = appendU32(b, uint32(p.ID))
	b = appendString(b, p.Host)
	b = appendString(b, p.Name)
	spoofed := uint32(0)
	if p.Spoofed {
		spoofed = 1
	}
	b = appendU32(b, spoofed)
	switch {
	case p.ID == Metadata:
		return appendInfo(b, p.Name, p.Info)
	case p.IsValue():
		return appendValue(appendString(b, p.Format), p.ID, p.Value)
	}
	return b
}

func appendU32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }

func appendString(b []byte, s string) []byte {
	b = append(appendU32(b, uint32(len(s))), s...)
	for range (4 - len(s)%4) % 4 {
		b = append(b, 0)
	}
	return b
}

func appendInfo(b []byte, name string, i Info) []byte {
	for _, s := range []string{i.Type, name, i.Units} {
		b = appendString(b, s)
	}
	for _, n := range []uint32{uint32(i.Slope), i.TMAX, i.DMAX, uint32(len(i.Extra))} {
		b = appendU32(b, n)
	}
	for _, e := range i.Extra {
		b = appendString(appendString(b, e.Name), e.Value)
	}
	return b
}

func appendValue(b []byte, id ID, v Value) []byte {
	switch id {
	case Ushort:
		return appendU32(b, uint32(uint16(v.Number)))
	case Short:
		return appendU32(b, uint32(int32(int16(v.Number))))
	case Int:
		return appendU32(b, uint32(int32(v.Number)))
	case Uint:
		return appendU32(b, uint32(v.Number))
	case Float:
		return appendU32(b, math.Float32bits(float32(v.Number)))
	case Double:
		return binary.BigEndian.AppendUint64(b, math.Float64bits(v.Number))
	}
	return appendString(b, v.Text)
}
