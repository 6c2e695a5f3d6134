package check

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"
)

// probe connects, talks, and waits for the expected answer.
func (t TCP) probe(ctx context.Context, d Dialer) Result {
	conn, err := d.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return Result{Summary: explain(err, t.Timeout)}
	}
	defer conn.Close()
	// The deadline of ctx has no other way to a blocked Read or Write.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if t.Send != "" {
		if _, err := io.WriteString(conn, t.Send); err != nil {
			return Result{Summary: "sending: " + explain(err, t.Timeout)}
		}
	}
	if t.Expect == "" {
		return Result{OK: true, Summary: "connected"}
	}
	return t.await(conn)
}

// await reads until the answer holds Expect.
func (t TCP) await(conn io.Reader) Result {
	var answer []byte
	buf := make([]byte, 4096)
	for len(answer) < maxBodyBytes {
		n, err := conn.Read(buf)
		answer = append(answer, buf[:n]...)
		if bytes.Contains(answer, []byte(t.Expect)) {
			return Result{OK: true, Summary: fmt.Sprintf("answered %q", t.Expect)}
		}
		if err != nil {
			return Result{Summary: fmt.Sprintf("%q did not come: %s", t.Expect, explain(err, t.Timeout))}
		}
	}
	return Result{Summary: fmt.Sprintf("%q did not come in %d bytes", t.Expect, len(answer))}
}
