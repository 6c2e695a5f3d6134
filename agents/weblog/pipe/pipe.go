// Package pipe takes the lines of a web server's piped log and sends them to the
// agent of the host by syslog over TCP. It never lets the web server wait: mod_log_spread,
// which did, brought sites down.
//
//	web server ─► stdin ─► buffer (bounded) ─► frames ─► TCP ─► agent
//	                          │ full                 │ away: tried again, the buffer fills
//	                          └─► dropped, counted ──┴─► the next frame tells how many
//
// A frame is a message of RFC 5424 with its length in front (RFC 6587):
//
//	107 <134>1 2026-11-21T13:24:10.062Z web3 plimsoll-log - - [plimsoll@32473 dropped="5"] LINE
//
// with the structured data only if something was dropped. When a connection breaks,
// what the kernel had taken counts as sent: it may be lost, which nobody can know.
//
// At the end of the input, or DrainTimeout after ctx ended, what waits is sent for
// DrainTimeout at most.
package pipe

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"
)

// Config configures a Pipe.
type Config struct {
	Address string // host:port of the agent
	Host    string // that the lines are of
	In      io.Reader
	Now     func() time.Time
	Logger  *slog.Logger

	MaxLine  int // bytes
	MaxBytes int // that wait
	// DrainTimeout bounds the end.
	DrainTimeout time.Duration
}

// Default returns a configuration that lacks Host, In, Now and Logger.
func Default() Config {
	return Config{Address: "127.0.0.1:8514", MaxLine: 60 << 10, MaxBytes: 16 << 20, DrainTimeout: 3 * time.Second}
}

const (
	dialTimeout  = 2 * time.Second
	writeTimeout = 5 * time.Second
	minBackoff   = 100 * time.Millisecond
	maxBackoff   = 5 * time.Second
	maxBatch     = 64 << 10
)

// Pipe takes and sends.
type Pipe struct {
	cfg   Config
	ready chan struct{} // holds a token when there may be something to send

	mu      sync.Mutex // guards what follows
	frames  [][]byte   // that wait, oldest first
	bytes   int
	dropped uint64 // lines since the last frame
	all     uint64 // lines dropped since the start
	ended   bool   // the input
}

// New returns a Pipe that reads nothing before Run.
func New(c Config) (*Pipe, error) {
	if _, _, err := net.SplitHostPort(c.Address); err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if c.In == nil || c.Now == nil || c.Logger == nil || c.MaxLine < 1 || c.MaxBytes < c.MaxLine {
		return nil, errors.New("the pipe has no input, clock, logger or room")
	}
	return &Pipe{cfg: c, ready: make(chan struct{}, 1)}, nil
}

// Run takes and sends until the input ends, or a while after ctx ended. It returns
// how many lines were dropped. A read of the input that is under way then goes on:
// nothing can end it but the input.
func (p *Pipe) Run(ctx context.Context) (dropped uint64, err error) {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	sent := make(chan struct{})
	go func() { // waited for below
		defer close(sent)
		p.send(sending)
	}()
	over := make(chan error, 1)
	go func() { over <- p.take() }() // the process ends with it, if the input does not
	select {
	case err = <-over:
	case <-ctx.Done():
		select { // a web server that ends tells us first, and then closes its log
		case err = <-over:
		case <-time.After(p.cfg.DrainTimeout):
		}
	}
	p.end()
	drain := time.AfterFunc(p.cfg.DrainTimeout, stop)
	defer drain.Stop()
	<-sent
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all + uint64(len(p.frames)), err
}

// take reads lines until the input ends.
func (p *Pipe) take() error {
	in := bufio.NewReaderSize(p.cfg.In, p.cfg.MaxLine)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			p.drop()
			err = skipLine(in)
			line = nil
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			p.put(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
	}
}

// skipLine reads on to the end of a line that is too long.
func skipLine(in *bufio.Reader) error {
	for {
		if _, err := in.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

func (p *Pipe) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropped++
	p.all++
}

// put makes a frame of a line, if there is room.
func (p *Pipe) put(line []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bytes+len(line) > p.cfg.MaxBytes {
		p.dropped++
		p.all++
		return
	}
	p.appendLocked(line)
}

func (p *Pipe) appendLocked(line []byte) {
	data := "-"
	if p.dropped > 0 {
		data = fmt.Sprintf("[plimsoll@32473 dropped=%q]", strconv.FormatUint(p.dropped, 10))
		p.dropped = 0
	}
	head := fmt.Sprintf("<134>1 %s %s plimsoll-log - - %s ", p.cfg.Now().UTC().Format("2006-01-02T15:04:05.000Z"), p.cfg.Host, data)
	frame := strconv.AppendInt(make([]byte, 0, len(head)+len(line)+8), int64(len(head)+len(line)), 10)
	frame = append(append(append(frame, ' '), head...), line...)
	p.frames = append(p.frames, frame)
	p.bytes += len(frame)
	p.ring()
}

func (p *Pipe) ring() {
	select {
	case p.ready <- struct{}{}:
	default: // the token is there already
	}
}

// end says that nothing more comes. What was dropped last is told without a line.
func (p *Pipe) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dropped > 0 {
		p.appendLocked(nil)
	}
	p.ended = true
	p.ring()
}
