package pipe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// next returns frames to send together; over says that there will be none.
func (p *Pipe) next() (batch [][]byte, over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	size := 0
	for _, f := range p.frames {
		if len(batch) > 0 && size+len(f) > maxBatch {
			break
		}
		size += len(f)
		batch = append(batch, f)
	}
	return batch, p.ended && len(batch) == 0
}

// done forgets the first frames, of which n bytes were sent. One that was sent in
// part is not done: its connection is gone, and the other side passes the part over.
func (p *Pipe) done(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.frames) > 0 && n >= len(p.frames[0]) {
		n -= len(p.frames[0])
		p.bytes -= len(p.frames[0])
		p.frames[0] = nil
		p.frames = p.frames[1:]
	}
}

// send sends until all is sent and nothing comes any more, or ctx ends.
func (p *Pipe) send(ctx context.Context) {
	backoff := minBackoff
	var conn net.Conn
	defer func() {
		if conn != nil {
			_ = conn.Close() // what could be sent is
		}
	}()
	for ctx.Err() == nil {
		batch, over := p.next()
		if over {
			return
		}
		var err error
		if conn == nil {
			conn, err = (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", p.cfg.Address)
		}
		if err == nil && len(batch) > 0 {
			err = p.write(conn, bytes.Join(batch, nil))
		}
		if err == nil {
			backoff = minBackoff
			if len(batch) == 0 {
				wait(ctx, p.ready)
			}
			continue
		}
		if backoff == minBackoff {
			p.cfg.Logger.Warn("the agent that takes log lines is away; they wait, and are dropped when there are too many", "address", p.cfg.Address, "err", err)
		}
		if conn != nil {
			_ = conn.Close()
			conn = nil
		}
		pause(ctx, backoff)
		backoff = min(2*backoff, maxBackoff)
	}
}

func (p *Pipe) write(conn net.Conn, b []byte) error {
	if gone(conn) {
		return io.ErrClosedPipe
	}
	if err := conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	n, err := conn.Write(b)
	p.done(n)
	return err
}

// gone reports whether the other side has closed: writing would go well once.
func gone(conn net.Conn) bool {
	if err := conn.SetReadDeadline(time.Now().Add(50 * time.Microsecond)); err != nil {
		return true
	}
	_, err := conn.Read(make([]byte, 1))
	var timeout net.Error
	return err != nil && (!errors.As(err, &timeout) || !timeout.Timeout())
}

func wait(ctx context.Context, ready <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-ready:
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
