package app

import (
	"bufio"
	"context"
	"io"
	"net/url"
)

// dumpPiece is how many bytes of a dump are told at a time.
const dumpPiece = 64 << 10

// teller tells what is written to it, as {"data": BASE64}.
type teller func(any)

func (t teller) Write(b []byte) (int, error) {
	t(map[string]any{"data": b})
	return len(b), nil
}

// dump tells the bytes of a file with the series that match.
func (m maintenance) dump(ctx context.Context, ask url.Values, _ io.Reader, tell func(any)) (any, error) {
	ms, err := selector(ask.Get("match"))
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(teller(tell), dumpPiece)
	n, err := m.archives.Dump(ctx, ms, out)
	if err == nil {
		err = out.Flush()
	}
	return map[string]any{"series": n}, err
}

func (m maintenance) undump(ctx context.Context, ask url.Values, content io.Reader, _ func(any)) (any, error) {
	n, err := m.archives.UndumpFrom(ctx, content, ask.Get("replace") == "true")
	return map[string]any{"series": n}, err
}
