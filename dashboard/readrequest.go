package dashboard

import (
	"fmt"
	"io"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"plimsoll/internal/protobuf"
)

// maxReadRequest is the size of a request of remote read, packed and unpacked, in
// bytes.
const maxReadRequest = 1 << 20

// remoteQuery is one query of a request.
type remoteQuery struct {
	hints    storage.SelectHints
	matchers []*labels.Matcher
}

func readQueries(body io.Reader) ([]remoteQuery, error) {
	packed, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	if n, err := snappy.DecodedLen(packed); err != nil || n > maxReadRequest {
		return nil, fmt.Errorf("body of %d bytes is no snappy block of at most %d", len(packed), maxReadRequest)
	}
	plain, err := snappy.Decode(nil, packed)
	if err != nil {
		return nil, err
	}
	var r protobuf.Reader
	var queries []remoteQuery
	for f := range r.Fields(plain) {
		if !f.IsBytes(1) {
			continue
		}
		q, err := readQuery(&r, f.Bytes)
		if err != nil {
			return nil, err
		}
		queries = append(queries, q)
	}
	return queries, r.Err()
}

func readQuery(r *protobuf.Reader, b []byte) (q remoteQuery, err error) {
	for f := range r.Fields(b) {
		switch {
		case f.IsVarint(1):
			q.hints.Start = int64(f.Bits)
		case f.IsVarint(2):
			q.hints.End = int64(f.Bits)
		case f.IsBytes(3):
			m, err := readMatcher(r, f.Bytes)
			if err != nil {
				return q, err
			}
			q.matchers = append(q.matchers, m)
		case f.IsBytes(4):
			readHints(r, f.Bytes, &q.hints)
		}
	}
	return q, r.Err()
}

func readMatcher(r *protobuf.Reader, b []byte) (*labels.Matcher, error) {
	var kind uint64
	var name, value string
	for f := range r.Fields(b) {
		switch {
		case f.IsVarint(1):
			kind = f.Bits
		case f.IsBytes(2):
			name = string(f.Bytes)
		case f.IsBytes(3):
			value = string(f.Bytes)
		}
	}
	if r.Err() != nil {
		return nil, r.Err()
	}
	kinds := []labels.MatchType{labels.MatchEqual, labels.MatchNotEqual, labels.MatchRegexp, labels.MatchNotRegexp}
	if kind >= uint64(len(kinds)) {
		return nil, fmt.Errorf("matcher of %q has type %d", name, kind)
	}
	return labels.NewMatcher(kinds[kind], name, value)
}

func readHints(r *protobuf.Reader, b []byte, h *storage.SelectHints) {
	for f := range r.Fields(b) {
		switch {
		case f.IsVarint(1):
			h.Step = int64(f.Bits)
		case f.IsBytes(2):
			h.Func = string(f.Bytes)
		case f.IsVarint(7):
			h.Range = int64(f.Bits)
		}
	}
}
