package rrdstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// Before a batch stands, in the same write, which samples it has: their series
// and times, with the labels where the batch tells them. So no damage to one
// record costs more than the values of one batch, and it is known of whom:
//
//	names damaged   the batch is whole: nothing is lost
//	batch damaged   its series lost a point each; later batches know the labels
//
// Most of it is the same number again and again: packed it takes a tenth of a
// byte for each sample, and about a third of the labels.

// nameRoom is memory for the next record of names.
type nameRoom struct{ plain, packed []byte }

// encode writes what a batch is about to have; it is called before the batch is
// encoded, which marks labels as told.
func (r *nameRoom) encode(entries []entry, segment uint64) {
	e := encoder{b: slices.Grow(r.plain[:0], 4*len(entries))}
	e.uint(uint64(len(entries)))
	next := int64(0)
	for i := range entries {
		e.uint(entries[i].head(next, segment))
		next = int64(entries[i].series.ref) + 1
	}
	at := int64(0)
	for i := range entries {
		e.int(entries[i].at - at)
		at = entries[i].at
	}
	for i := range entries {
		if sr := entries[i].series; sr.defined != segment {
			e.labels(sr.labels)
		}
	}
	r.plain = e.b
}

// record is that of the names for the batch that was encoded since. It stays until
// the next call.
func (r *nameRoom) record(batch []byte) []byte {
	const head = 1 + crc32.Size
	most := head + snappy.MaxEncodedLen(len(r.plain))
	r.packed = slices.Grow(r.packed[:0], most)[:most]
	r.packed[0] = recordNames
	binary.LittleEndian.PutUint32(r.packed[1:], batchSum(batch))
	return r.packed[:head+len(snappy.Encode(r.packed[head:], r.plain))]
}

func batchSum(batch []byte) uint32 { return crc32.Checksum(batch, crc32.MakeTable(crc32.Castagnoli)) }

// namedSample is a sample of which only its series and its time are known.
type namedSample struct {
	ref    uint64
	kind   metric.Kind
	at     int64
	told   bool
	labels labels.Labels // if told
}

// promise is a record of names whose batch has not come.
type promise struct {
	segment uint64
	sum     uint32
	packed  []byte
}

func readPromise(segment uint64, body []byte) (*promise, error) {
	if len(body) < crc32.Size {
		return nil, errors.New("read names of a batch: too short")
	}
	return &promise{segment, binary.LittleEndian.Uint32(body), bytes.Clone(body[crc32.Size:])}, nil
}

func (p *promise) samples() ([]namedSample, error) {
	plain, err := unpack(p.packed)
	if err != nil {
		return nil, fmt.Errorf("read names of a batch: %w", err)
	}
	d := newDecoder(plain)
	all := make([]namedSample, d.Count())
	next := int64(0)
	for i := range all {
		n := &all[i]
		n.ref, n.kind, n.told = splitHead(d.Uint(), next)
		next = int64(n.ref) + 1
	}
	at := int64(0)
	for i := range all {
		at += d.Int()
		all[i].at = at
	}
	for i := range all {
		if all[i].told {
			all[i].labels = d.Labels()
		}
	}
	return all, d.Err()
}
