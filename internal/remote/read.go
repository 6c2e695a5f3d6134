package remote

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/protobuf/encoding/protowire"

	"plimsoll/internal/metric"
	"plimsoll/internal/protobuf"
	"plimsoll/internal/query"
)

const (
	maxSampledBytes = 1 << 30   // of an answer in one piece, unpacked
	maxFrameBytes   = 256 << 20 // of one part of a streamed answer
)

// remoteRead asks by Prometheus' remote read for raw samples: streamed chunks,
// or where the engine has no such samples in one piece.
//
//	ReadRequest  { repeated Query queries = 1; packed ResponseType accepted_response_types = 2 }
//	Query        { int64 start_timestamp_ms = 1; int64 end_timestamp_ms = 2; repeated LabelMatcher matchers = 3 }
//	LabelMatcher { Type type = 1; string name = 2; string value = 3 }
func (r *Reader) remoteRead(ctx context.Context, g *gathered, ms []*labels.Matcher) error {
	resp, err := r.do(ctx, http.MethodPost, r.cfg.readURL("read"), bytes.NewReader(snappy.Encode(nil, readRequest(g, ms))), http.Header{
		"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"snappy"},
		"X-Prometheus-Remote-Read-Version": {"0.1.0"},
	})
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/x-streamed-protobuf") {
		err = g.streamed(bufio.NewReaderSize(resp.Body, 64<<10))
	} else {
		err = g.sampled(resp.Body)
	}
	if err != nil {
		return fmt.Errorf("remote read: %w", err)
	}
	return nil
}

func readRequest(g *gathered, ms []*labels.Matcher) []byte {
	query := appendNumber(appendNumber(nil, 1, uint64(g.mint)), 2, uint64(g.maxt))
	for _, m := range ms {
		one := appendNumber(nil, 1, uint64(m.Type)) // the numbers are the same
		one = appendBytes(appendBytes(one, 2, []byte(m.Name)), 3, []byte(m.Value))
		query = appendBytes(query, 3, one)
	}
	const sampled, chunked = 0, 1
	return appendBytes(appendBytes(nil, 1, query), 2, []byte{chunked, sampled})
}

func appendNumber(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

// streamed reads frames until the end:
//
//	uvarint length │ CRC-32C, 4 bytes big-endian │ ChunkedReadResponse
//
//	ChunkedReadResponse { repeated ChunkedSeries chunked_series = 1 }
//	ChunkedSeries       { repeated Label labels = 1; repeated Chunk chunks = 2 }
//	Chunk               { int64 min_time_ms = 1; int64 max_time_ms = 2; Encoding type = 3; bytes data = 4 }
//
// (prometheus/prometheus: prompb/remote.proto, storage/remote/chunked.go)
func (g *gathered) streamed(r *bufio.Reader) error {
	table := crc32.MakeTable(crc32.Castagnoli)
	for {
		size, err := binary.ReadUvarint(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || size > maxFrameBytes {
			return fmt.Errorf("frame of %d bytes: %w", size, errOr(err))
		}
		frame := make([]byte, 4+size)
		if _, err := io.ReadFull(r, frame); err != nil {
			return fmt.Errorf("frame of %d bytes: %w", size, io.ErrUnexpectedEOF)
		}
		if crc32.Checksum(frame[4:], table) != binary.BigEndian.Uint32(frame) {
			return fmt.Errorf("frame of %d bytes: %w: wrong checksum", size, errMessage)
		}
		if err := eachMessage(frame[4:], g.chunkedSeries); err != nil {
			return err
		}
	}
}

func errOr(err error) error {
	if err == nil {
		return errMessage
	}
	return err
}

// eachMessage calls read for each message that is field 1 of b.
func eachMessage(b []byte, read func(*protobuf.Reader, []byte) error) error {
	var r protobuf.Reader
	for f := range r.Fields(b) {
		if !f.IsBytes(1) {
			continue
		}
		if err := read(&r, f.Bytes); err != nil {
			return err
		}
	}
	return whole(&r)
}

func (g *gathered) chunkedSeries(r *protobuf.Reader, b []byte) error {
	l := decodeLabels(r, b)
	if err := whole(r); err != nil {
		return err
	}
	s := g.of(l)
	for f := range r.Fields(b) {
		if !f.IsBytes(2) {
			continue
		}
		var encoding uint64
		var data []byte
		for c := range r.Fields(f.Bytes) {
			switch {
			case c.IsVarint(3):
				encoding = c.Bits
			case c.IsBytes(4):
				data = c.Bytes
			}
		}
		if err := whole(r); err != nil {
			return err
		}
		points, err := query.ChunkPoints(byte(encoding), data)
		if err != nil {
			return fmt.Errorf("series %s: %w", l, err)
		}
		if err := g.add(s, points...); err != nil {
			return err
		}
	}
	return nil
}

// sampled reads an answer in one piece:
//
//	ReadResponse { repeated QueryResult results = 1 }
//	QueryResult  { repeated TimeSeries timeseries = 1 }
//	TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2 }
//	Sample       { double value = 1; int64 timestamp = 2 }
func (g *gathered) sampled(r io.Reader) error {
	packed, err := io.ReadAll(io.LimitReader(r, maxSampledBytes))
	if err != nil {
		return err
	}
	if n, err := snappy.DecodedLen(packed); err != nil || n > maxSampledBytes {
		return fmt.Errorf("%w: an answer of %d bytes", metric.ErrTooMuch, n)
	}
	b, err := snappy.Decode(nil, packed)
	if err != nil {
		return err
	}
	return eachMessage(b, func(_ *protobuf.Reader, result []byte) error { return eachMessage(result, g.sampledSeries) })
}

func (g *gathered) sampledSeries(r *protobuf.Reader, b []byte) error {
	l := decodeLabels(r, b)
	if err := whole(r); err != nil {
		return err
	}
	s := g.of(l)
	for f := range r.Fields(b) {
		if !f.IsBytes(2) {
			continue
		}
		var p metric.Point
		for v := range r.Fields(f.Bytes) {
			switch {
			case v.Is(1, protowire.Fixed64Type):
				p.Value = v.Float()
			case v.IsVarint(2):
				p.At = int64(v.Bits)
			}
		}
		if err := whole(r); err != nil {
			return err
		}
		if err := g.add(s, p); err != nil {
			return err
		}
	}
	return nil
}
