package counterd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"plimsoll/counterd/listen"
)

const (
	// sendSize is the greatest datagram that Send packs lines into: it fits an
	// Ethernet frame (statsd/statsd docs/metric_types.md, "Multi-Metric Packets").
	sendSize = 1432
	// signatureSize is kept free of it for a signature line.
	signatureSize = 192
)

var errSignedStream = errors.New("a signature covers one datagram: sign datagrams, not streams")

// Send sends lines to a counter daemon, several in a datagram. The address is
// host:port or udp://host:port, tcp://host:port, unixgram:///path or
// unix:///path. With a key, which must hold its secret, each datagram is signed.
// A nil error means that they were sent, not that anybody received them.
func Send(ctx context.Context, addr string, lines []string, key *listen.Key) error {
	network, at, found := strings.Cut(addr, "://")
	if !found {
		network, at = "udp", addr
	}
	s := &sender{key: key, size: sendSize}
	switch stream := network == "tcp" || network == "unix"; {
	case !stream && network != "udp" && network != "unixgram":
		return fmt.Errorf("send to %s: %q is not udp, tcp, unixgram or unix", addr, network)
	case stream && key != nil:
		return fmt.Errorf("send to %s: %w", addr, errSignedStream)
	case key != nil:
		s.size -= signatureSize
	}
	var d net.Dialer
	var err error
	if s.conn, err = d.DialContext(ctx, network, at); err != nil {
		return fmt.Errorf("send to %s: %w", addr, err)
	}
	err = s.send(ctx, lines)
	if closing := s.conn.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("send to %s: %w", addr, err)
	}
	return nil
}

// sender packs lines for one connection.
type sender struct {
	conn net.Conn
	key  *listen.Key // nil: nothing is signed
	size int         // bytes of lines in a datagram
	held bytes.Buffer
}

func (s *sender) send(ctx context.Context, lines []string) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(5 * time.Second)
	}
	if err := s.conn.SetDeadline(deadline); err != nil {
		return err
	}
	for _, l := range lines {
		if s.held.Len()+len(l)+1 > s.size {
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
		s.held.WriteString(l)
		s.held.WriteByte('\n')
	}
	return s.flush(ctx)
}

func (s *sender) flush(ctx context.Context) error {
	if s.held.Len() == 0 {
		return nil
	}
	defer s.held.Reset()
	packet := s.held.Bytes()
	if s.key != nil {
		var nonce [8]byte
		_, _ = rand.Read(nonce[:]) // never fails
		packet = listen.Sign(*s.key, time.Now(), hex.EncodeToString(nonce[:]), packet)
	}
	if _, err := s.conn.Write(packet); err != nil {
		return err
	}
	return ctx.Err()
}
