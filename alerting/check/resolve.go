package check

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// tries is how often a question is sent over UDP, which loses packets.
const tries = 3

var errNotOurs = errors.New("it is no answer to the question")

// ask asks over UDP, and over TCP what does not fit.
func (d *DNS) ask(ctx context.Context, m Means) (dnsmessage.Message, error) {
	var id [2]byte
	if _, err := rand.Read(id[:]); err != nil {
		return dnsmessage.Message{}, ownError{err}
	}
	q := question{id: binary.BigEndian.Uint16(id[:])}
	asked, err := d.question(q.id)
	if err != nil {
		return dnsmessage.Message{}, ownError{err}
	}
	q.Question = asked.Questions[0]
	if q.packed, err = asked.Pack(); err != nil {
		return dnsmessage.Message{}, ownError{err}
	}
	if d.Transport == "udp" {
		got, err := d.askUDP(ctx, m, q)
		if err != nil || !got.Truncated {
			return got, err
		}
	}
	return d.askTCP(ctx, m, q)
}

// question is what is asked, and its form on the wire.
type question struct {
	dnsmessage.Question
	id     uint16
	packed []byte
}

func (d *DNS) question(id uint16) (dnsmessage.Message, error) {
	name, err := dnsmessage.NewName(absolute(d.Name))
	return dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: !d.NoRecursion},
		Questions: []dnsmessage.Question{{Name: name, Type: recordTypes()[d.Type], Class: dnsmessage.ClassINET}},
	}, err
}

// parse reads an answer, which must be to q.
func (q question) parse(packet []byte) (dnsmessage.Message, error) {
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil {
		return m, fmt.Errorf("the answer cannot be read: %w", err)
	}
	if m.ID != q.id || !m.Response || len(m.Questions) != 1 {
		return m, errNotOurs
	}
	got := m.Questions[0]
	if got.Type != q.Type || got.Class != q.Class || !strings.EqualFold(got.Name.String(), q.Name.String()) {
		return m, errNotOurs
	}
	return m, nil
}

// askUDP sends the question, anew while nothing comes. What is no answer to it
// is passed over: anybody can send that.
func (d *DNS) askUDP(ctx context.Context, m Means, q question) (dnsmessage.Message, error) {
	conn, err := m.dial(ctx, d.IPVersion.of("udp"), d.address())
	if err != nil {
		return dnsmessage.Message{}, err
	}
	defer func() { _ = conn.Close() }()
	sending, stop := context.WithCancel(ctx)
	sent := make(chan struct{})
	go func() { // awaited below
		defer close(sent)
		d.send(sending, conn, q.packed)
	}()
	defer func() { stop(); <-sent }()
	buf := make([]byte, 64<<10)
	last := error(nil)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return dnsmessage.Message{}, errors.Join(err, last)
		}
		got, err := q.parse(buf[:n])
		if err == nil {
			return got, nil
		}
		last = err
	}
}

// send sends a question, and sends it again until ctx ends.
func (d *DNS) send(ctx context.Context, to net.Conn, packed []byte) {
	again := time.NewTicker(max(d.Timeout/tries, time.Millisecond))
	defer again.Stop()
	for range tries {
		if _, err := to.Write(packed); err != nil {
			return // reading will tell
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// askTCP sends the question with its length before it (RFC 1035, 4.2.2).
func (d *DNS) askTCP(ctx context.Context, m Means, q question) (dnsmessage.Message, error) {
	conn, err := m.dial(ctx, d.IPVersion.of("tcp"), d.address())
	if err != nil {
		return dnsmessage.Message{}, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(q.packed))), q.packed...)); err != nil {
		return dnsmessage.Message{}, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return dnsmessage.Message{}, err
	}
	packet := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, packet); err != nil {
		return dnsmessage.Message{}, err
	}
	return q.parse(packet)
}
