package rrdstore

import (
	"context"
	"errors"
	"testing"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// When archives cannot be written, memory is bounded for all of them together.
func TestBufferIsBounded(t *testing.T) {
	const limit = 1000
	fs := durabletest.New(durabletest.Full, 0)
	r := newRig(t, func(c *Config) { c.MaxBufferedBytes, c.files = limit, faultyFiles{fs: fs} })
	fs.Break()
	round := func(i int64) (refused int) {
		r.now = epoch + i*10_000
		var some *metric.RefusedError
		if err := r.Put(nothing, sent(i)[:24]); errors.As(err, &some) {
			return some.Reasons[reasonBuffer]
		} else if err != nil {
			t.Fatal(err)
		}
		return 0
	}
	if refused := round(1); refused > 0 {
		t.Errorf("%d refused at first", refused)
	}
	last := int64(1)
	for refused := 0; refused < 24 && last < 100; {
		last++
		refused = round(last)
	}
	if got := r.Stats().BufferedBytes; got < 2*limit-entryBytes || got > 2*limit+limit/2 {
		t.Errorf("full with %d bytes after %d rounds", got, last)
	}
	if err := r.FlushAll(nothing); err == nil {
		t.Error("archives could be written")
	}
	if refused := round(last + 1); refused != 24 {
		t.Errorf("%d refused with a full buffer", refused)
	}
	fs.Heal()
	r.flush()
	if refused := round(last + 2); refused > 0 {
		t.Errorf("%d refused behind it", refused)
	}
}

// tellingFiles tells of each update of an archive.
type tellingFiles struct {
	nativeFiles
	updated chan struct{}
}

func (f tellingFiles) Open(path string) (archiveFile, error) {
	file, err := f.nativeFiles.Open(path)
	return tellingArchive{file, f.updated}, err
}

type tellingArchive struct {
	archiveFile
	updated chan struct{}
}

func (a tellingArchive) Update(points []rrdfile.Point) (int, error) {
	a.updated <- struct{}{}
	return a.archiveFile.Update(points)
}

// Too much in memory is written at once: here the clock stands still, so that
// no archive's turn comes.
func TestPressureFlushesAtOnce(t *testing.T) {
	const series = 24
	updated := make(chan struct{}, series)
	r := newRig(t, func(c *Config) { c.MaxBufferedBytes, c.files = 40*series, tellingFiles{updated: updated} })
	r.put(sent(1)[:series]...)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Store.Run(ctx) }() // ends below
	for range series {
		<-updated
	}
	if err := r.beginFlush(ctx); err != nil { // waits for the end of that flush
		t.Fatal(err)
	}
	r.endFlush()
	if got := r.Stats().BufferedBytes; got != 0 {
		t.Errorf("%d bytes still wait", got)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
