package dashboard

import (
	"fmt"
	"io"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"google.golang.org/protobuf/encoding/protowire"
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
	var queries []remoteQuery
	err = eachField(plain, func(n protowire.Number, v []byte, _ uint64) error {
		if n != 1 {
			return nil
		}
		q, err := readQuery(v)
		queries = append(queries, q)
		return err
	})
	return queries, err
}

func readQuery(b []byte) (q remoteQuery, err error) {
	err = eachField(b, func(n protowire.Number, v []byte, u uint64) error {
		switch n {
		case 1:
			q.hints.Start = int64(u)
		case 2:
			q.hints.End = int64(u)
		case 3:
			m, err := readMatcher(v)
			q.matchers = append(q.matchers, m)
			return err
		case 4:
			return readHints(v, &q.hints)
		}
		return nil
	})
	return q, err
}

func readMatcher(b []byte) (*labels.Matcher, error) {
	var kind uint64
	var name, value string
	err := eachField(b, func(n protowire.Number, v []byte, u uint64) error {
		switch n {
		case 1:
			kind = u
		case 2:
			name = string(v)
		case 3:
			value = string(v)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	kinds := []labels.MatchType{labels.MatchEqual, labels.MatchNotEqual, labels.MatchRegexp, labels.MatchNotRegexp}
	if kind >= uint64(len(kinds)) {
		return nil, fmt.Errorf("matcher of %q has type %d", name, kind)
	}
	return labels.NewMatcher(kinds[kind], name, value)
}

func readHints(b []byte, h *storage.SelectHints) error {
	return eachField(b, func(n protowire.Number, v []byte, u uint64) error {
		switch n {
		case 1:
			h.Step = int64(u)
		case 2:
			h.Func = string(v)
		case 7:
			h.Range = int64(u)
		}
		return nil
	})
}

// eachField calls f for each field of a message, with its bytes or its number.
func eachField(b []byte, f func(n protowire.Number, v []byte, u uint64) error) error {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return protowire.ParseError(size)
		}
		b = b[size:]
		var v []byte
		var u uint64
		switch kind {
		case protowire.BytesType:
			v, size = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			u, size = protowire.ConsumeVarint(b)
		default:
			size = protowire.ConsumeFieldValue(n, kind, b)
		}
		if size < 0 {
			return protowire.ParseError(size)
		}
		if err := f(n, v, u); err != nil {
			return err
		}
		b = b[size:]
	}
	return nil
}
