package rrdstore

import (
	"fmt"
	"slices"

	"plimsoll/internal/metric"
)

// replayer applies journal records as Put and Run did when they wrote them.
type replayer struct {
	store   *Store
	segment uint64
	refs    map[uint64]*series // as the segment defines them
	headers map[string][]byte  // of files updated and not synced since
	lost    int                // samples whose labels stood in a damaged record
	damaged int                // records that cannot be understood
	strange []uint64           // the segments that they are in
}

func (r *replayer) record(segment uint64, payload []byte) error {
	if segment != r.segment {
		r.segment, r.refs = segment, map[uint64]*series{}
	}
	if len(payload) == 0 {
		return nil
	}
	var err error
	switch body := payload[1:]; payload[0] {
	case recordBatch, recordWideBatch:
		err = batchReader{r.find, r.store.applyLocked, payload[0] == recordWideBatch}.decode(body)
	case recordClose:
		d := newDecoder(body)
		if limit := d.Int(); d.Err() == nil {
			r.store.closeTimingsLocked(limit)
		}
	case recordHeaders:
		if body, err = unpackHeaders(body); err == nil {
			err = decodeHeaders(body, r.headers)
		}
	case recordWideHeaders:
		err = decodeHeaders(body, r.headers)
	case recordSynced:
		clear(r.headers)
	case recordAside:
		d := newDecoder(body)
		delete(r.headers, d.String())
	case recordRetired:
		err = r.retired(body)
	case recordRaised:
		err = r.raised(body)
	case recordShelved:
		err = r.shelved(body)
	case recordWoken:
		err = r.woken(body)
	default:
		err = fmt.Errorf("record of kind %q", payload[0])
	}
	if err != nil {
		r.damaged++ // its checksum is right: a newer program wrote it
		if !slices.Contains(r.strange, segment) {
			r.strange = append(r.strange, segment)
		}
	}
	return nil
}

// find returns the series that a segment calls ref, made if it is new.
func (r *replayer) find(ref uint64, kind metric.Kind, d *decoder, define bool) *series {
	if !define {
		sr := r.refs[ref]
		if sr == nil || sr.kind != kind {
			r.lost++
			return nil
		}
		return sr
	}
	l := d.Labels()
	if d.Err() != nil {
		return nil
	}
	sr := r.store.index.lookup(l)
	if sr == nil {
		sr = r.store.newSeries(l, kind)
		r.store.registerLocked(sr)
	}
	if sr.kind != kind {
		n := r.store.ofKind(sr, kind)
		if n == nil {
			return nil
		}
		r.store.replaceLocked(n)
		sr = n
	}
	r.refs[ref] = sr
	return sr
}
