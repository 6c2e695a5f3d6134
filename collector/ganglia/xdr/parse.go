package xdr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// maxExtra bounds the pairs of a packet; gmond's own have four at most, and
// gmetad keeps sixteen.
const maxExtra = 64

// ErrOld marks a packet of Ganglia before 3.1, which had other forms under ids
// below 128; gmond leaves them aside as well.
var ErrOld = errors.New("a packet of Ganglia before 3.1")

var errShort = errors.New("ends in the middle")

// Parse reads one datagram.
func Parse(data []byte) (Packet, error) {
	r := reader{data: data}
	p := Packet{ID: ID(r.u32())}
	switch {
	case r.err != nil:
		return p, r.err
	case p.ID < Metadata:
		return p, fmt.Errorf("id %d: %w", p.ID, ErrOld)
	case p.ID > Request:
		return p, fmt.Errorf("id %d is not in 128..136", p.ID)
	}
	p.Host, p.Name, p.Spoofed = r.string(), r.string(), r.u32() != 0
	switch {
	case p.ID == Metadata:
		r.info(&p)
	case p.IsValue():
		p.Format = r.string()
		p.Value = r.value(p.ID)
	}
	return p, r.err
}

// reader takes a packet apart. After its first error it gives zero values.
type reader struct {
	data []byte
	err  error
}

func (r *reader) take(n int) []byte {
	if r.err == nil && n > len(r.data) {
		r.err = errShort
	}
	if r.err != nil {
		return nil
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *reader) string() string {
	n := r.u32()
	if r.err == nil && uint64(n) > uint64(len(r.data)) {
		r.err = errShort
	}
	if r.err != nil {
		return ""
	}
	s := string(r.take(int(n)))
	r.take(min((4-int(n)%4)%4, len(r.data))) // some senders leave out the last padding
	return s
}

func (r *reader) info(p *Packet) {
	i := Info{Type: r.string()}
	if name := r.string(); r.err == nil && name != p.Name {
		r.err = fmt.Errorf("metadata of %q says it is of %q", p.Name, name)
	}
	i.Units = r.string()
	i.Slope, i.TMAX, i.DMAX = Slope(r.u32()), r.u32(), r.u32()
	n := r.u32()
	if r.err == nil && n > maxExtra {
		r.err = fmt.Errorf("%d extra elements, more than %d", n, maxExtra)
	}
	for range n {
		if r.err != nil {
			return
		}
		i.Extra = append(i.Extra, Extra{Name: r.string(), Value: r.string()})
	}
	p.Info = i
}

func (r *reader) value(id ID) (v Value) {
	switch id {
	case Ushort:
		v.Number = float64(uint16(r.u32()))
	case Short:
		v.Number = float64(int16(r.u32()))
	case Int:
		v.Number = float64(int32(r.u32()))
	case Uint:
		v.Number = float64(r.u32())
	case Float:
		v.Number = float64(math.Float32frombits(r.u32()))
	case Double:
		v.Number = math.Float64frombits(r.u64())
	case String:
		v.Text = r.string()
	}
	return v
}
