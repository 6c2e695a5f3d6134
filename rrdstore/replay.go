package rrdstore

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// replayer applies journal records as Put and Run did when they wrote them.
type replayer struct {
	store   *Store
	segment uint64
	refs    map[uint64]*series      // as the segment defines them
	told    map[uint64]namedSample  // those that it defines in a batch that is lost
	names   *promise                // of the batch that is to come; nil: none is
	once    map[string]bool         // records written twice, of which one was read
	headers map[string][]byte       // of files updated and not synced since
	missing map[uint64][]lostSample // by segment: of batches that are not there
	lost    int                     // samples of which not even the labels are there
	damaged int                     // records that cannot be understood
	strange []uint64                // the segments that they are in
}

func newReplayer(s *Store) *replayer {
	return &replayer{store: s, headers: map[string][]byte{}, missing: map[uint64][]lostSample{}}
}

func (r *replayer) record(segment uint64, payload []byte) error {
	if segment != r.segment {
		r.broken()
		r.segment, r.refs, r.told, r.once = segment, map[uint64]*series{}, map[uint64]namedSample{}, map[string]bool{}
	}
	if r.again(payload) {
		return nil
	}
	if len(payload) > 0 && payload[0] == recordTwice {
		payload = payload[1:]
	}
	if len(payload) == 0 {
		return nil
	}
	if err := r.apply(payload); err != nil {
		r.damaged++ // its checksum is right: a newer program wrote it
		if !slices.Contains(r.strange, segment) {
			r.strange = append(r.strange, segment)
		}
	}
	return nil
}

// again tells whether a record is the second of two.
func (r *replayer) again(payload []byte) bool {
	if len(payload) < 2 || payload[0] != recordTwice {
		return false
	}
	if r.once[string(payload)] {
		delete(r.once, string(payload))
		return true
	}
	r.once[string(payload)] = true
	return false
}

func (r *replayer) apply(payload []byte) (err error) {
	body := payload[1:]
	if payload[0] != recordBatch {
		r.broken()
	}
	switch payload[0] {
	case recordNames:
		r.names, err = readPromise(r.segment, body)
	case recordBatch, recordWideBatch:
		if r.names != nil && r.names.sum == batchSum(payload) {
			r.names = nil
		}
		r.broken()
		err = batchReader{r.find, r.store.applyLocked, payload[0] == recordWideBatch}.decode(body)
	case recordClose:
		d := newDecoder(body)
		if limit := d.Int(); d.Err() == nil {
			r.store.closeTimingsLocked(limit)
		}
	case recordHeaders:
		if body, err = unpack(body); err == nil {
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
	return err
}

// find returns the series that a segment calls ref, made if it is new.
func (r *replayer) find(ref uint64, kind metric.Kind, d *decoder, define bool) *series {
	var l labels.Labels
	switch {
	case define:
		if l = d.Labels(); d.Err() != nil {
			return nil
		}
	case r.refs[ref] != nil && r.refs[ref].kind == kind:
		return r.refs[ref]
	case r.told[ref].told && r.told[ref].kind == kind:
		l = r.told[ref].labels
	default:
		r.lost++
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
