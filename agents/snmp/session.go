package snmp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/usm"
)

// errSilent says that a device did not answer in time.
var errSilent = errors.New("no answer")

// access is how a device is asked; it lasts as long as the device. What gosnmp
// learns of a device of version 3, its engine and its time, stays in it.
type access struct {
	version   gosnmp.SnmpVersion
	community string
	v3        *gosnmp.GoSNMP // nil: version 1 or 2c
	// uptime is what tells for how long the device runs: sysUpTime, but for Squid,
	// which has only its own. timeless: the device refuses to be asked for it.
	uptime   string
	timeless bool
}

// head is what is asked with every request.
func (a *access) head(instance string) []string {
	if a.timeless {
		return nil
	}
	return []string{a.uptime + instance}
}

// newAccess reads the secrets of a device.
func newAccess(d Device) (*access, error) {
	a := &access{version: gosnmp.Version2c, community: d.Community, uptime: sysUpTime}
	if slices.Equal(d.Modules, []string{"squid"}) && len(d.OIDs) == 0 {
		a.uptime = cacheUptime
	}
	switch d.Version {
	case "1":
		a.version = gosnmp.Version1
	case "3":
		a.version = gosnmp.Version3
		return a, a.openV3(d)
	}
	if d.CommunityFile+d.CommunityEnv != "" {
		var err error
		if a.community, err = usm.Secret(d.CommunityFile, d.CommunityEnv); err != nil {
			return nil, fmt.Errorf("community of %s: %w", d.name(), err)
		}
	}
	if a.community == "" {
		a.community = "public"
	}
	return a, nil
}

func (a *access) openV3(d Device) error {
	params, flags, err := d.User.Params()
	if err != nil {
		return fmt.Errorf("user of %s: %w", d.name(), err)
	}
	a.v3 = &gosnmp.GoSNMP{
		Target: "127.0.0.1", Port: 161, Version: gosnmp.Version3, MsgFlags: flags, SecurityModel: gosnmp.UserSecurityModel,
		SecurityParameters: params, ContextName: d.Context, MaxOids: maxScalars + 1, UseUnconnectedUDPSocket: true,
	}
	// Connect sends nothing; it draws the first salt and request id. Its socket
	// is not used: the exchange's is.
	if err := a.v3.Connect(); err != nil {
		return fmt.Errorf("user of %s: %w", d.name(), err)
	}
	return a.v3.Close()
}

// session is one poll's talk with a device.
type session struct {
	*access
	line    *line
	ctx     context.Context //nolint:containedctx // it is the poll's, and lasts as long
	timeout time.Duration
	retries int
	most    int // rows of a table
	sent    int // requests, for the account of the poll
	resent  int
	values  int
}

func (a *access) session(ctx context.Context, x *exchange, to netip.AddrPort, timeout time.Duration, retries int) *session {
	return &session{access: a, line: x.line(ctx, to), ctx: ctx, timeout: timeout, retries: retries, most: maxRows}
}

// now is the instant of the last answer, by the device's time if it tells it.
func (s *session) now(c *clock) time.Time {
	if c.known {
		return c.at
	}
	return time.Now()
}

func (s *session) close() { _ = s.line.Close() }

// heads is how many objects head has.
func (a *access) heads() int { return len(a.head("")) }

// answer is what a device answered to one request.
type answer struct {
	vars  []gosnmp.SnmpPDU
	err   gosnmp.SNMPError
	index int // of the object that err is about, from 0; -1: none
	asked time.Time
	came  time.Time
}

// middle is the instant at which the device most likely read its values.
func (a answer) middle() time.Time { return a.asked.Add(a.came.Sub(a.asked) / 2) }

func (s *session) get(objects []string) (answer, error) {
	return s.request(gosnmp.GetRequest, objects, 0, 0)
}

// bulk asks for what follows: once for sysUpTime, repetitions times for objects.
// Version 1 can do it once only.
func (s *session) bulk(objects []string, repetitions int) (answer, error) {
	head := s.head("")
	objects = slices.Concat(head, objects)
	if s.version == gosnmp.Version1 {
		return s.request(gosnmp.GetNextRequest, objects, 0, 0)
	}
	return s.request(gosnmp.GetBulkRequest, objects, len(head), repetitions)
}

func (s *session) request(kind gosnmp.PDUType, objects []string, once, repetitions int) (answer, error) {
	s.sent++
	var p *gosnmp.SnmpPacket
	var a answer
	var err error
	if s.v3 != nil {
		p, a.asked, err = s.requestV3(kind, objects, once, repetitions)
	} else {
		p, a.asked, err = s.requestPlain(kind, objects, once, repetitions)
	}
	if err != nil {
		return a, err
	}
	a.came, a.vars, a.err, a.index = time.Now(), p.Variables, p.Error, int(p.ErrorIndex)-1
	s.values += len(a.vars)
	return a, nil
}

// requestV3 lets gosnmp talk: it discovers the engine, keeps its time, and checks
// that answers are authentic.
func (s *session) requestV3(kind gosnmp.PDUType, objects []string, once, repetitions int) (p *gosnmp.SnmpPacket, asked time.Time, err error) {
	g := s.v3
	g.Conn, g.Context, g.Timeout, g.Retries = s.line, s.ctx, s.timeout, s.retries
	g.OnRetry = func(*gosnmp.GoSNMP) { s.resent++ }
	g.OnSent = func(*gosnmp.GoSNMP) { asked = time.Now() }
	switch kind {
	case gosnmp.GetRequest:
		p, err = g.Get(objects)
	case gosnmp.GetBulkRequest:
		p, err = g.GetBulk(objects, uint8(once), uint32(repetitions))
	default:
		p, err = g.GetNext(objects)
	}
	g.Conn = nil
	if err != nil {
		s.forget()
	}
	switch {
	case err != nil && (errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, gosnmp.ErrMaxRetriesExceeded) || s.ctx.Err() != nil):
		return nil, asked, errSilent
	case err != nil:
		return nil, asked, err
	case p.PDUType != gosnmp.GetResponse:
		return nil, asked, fmt.Errorf("answer is a %s", p.PDUType)
	}
	return p, asked, nil
}

// forget lets the engine be discovered anew: a device that was repaired or
// replaced has another.
func (a *access) forget() {
	a.v3.ContextEngineID = ""
	if params, is := a.v3.SecurityParameters.(*gosnmp.UsmSecurityParameters); is {
		params.AuthoritativeEngineID = ""
	}
}

func (s *session) requestPlain(kind gosnmp.PDUType, objects []string, once, repetitions int) (*gosnmp.SnmpPacket, time.Time, error) {
	g := &gosnmp.GoSNMP{Version: s.version, Community: s.community}
	vars := make([]gosnmp.SnmpPDU, len(objects))
	for i, o := range objects {
		vars[i] = gosnmp.SnmpPDU{Name: o, Type: gosnmp.Null}
	}
	p := g.MkSnmpPacket(kind, vars, uint8(once), uint32(repetitions))
	var asked time.Time
	var ids []uint32
	for try := 0; try <= s.retries; try++ {
		if try > 0 {
			s.resent++
		}
		p.RequestID = s.line.x.next()
		ids = append(ids, p.RequestID)
		message, err := p.MarshalMsg()
		if err != nil {
			return nil, asked, fmt.Errorf("request: %w", err)
		}
		asked = time.Now()
		_ = s.line.SetDeadline(asked.Add(s.timeout))
		if _, err := s.line.Write(message); err != nil {
			return nil, asked, err
		}
		r, err := s.await(g, ids)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return r, asked, err
		}
	}
	return nil, asked, errSilent
}

// await takes the first answer that is one.
func (s *session) await(g *gosnmp.GoSNMP, ids []uint32) (*gosnmp.SnmpPacket, error) {
	for {
		b, err := s.line.receive()
		switch {
		case s.ctx.Err() != nil:
			return nil, errSilent
		case err != nil:
			return nil, err
		}
		p, err := decode(g, b)
		if err == nil && p.PDUType == gosnmp.GetResponse && p.Version == s.version && slices.Contains(ids, p.RequestID) {
			return p, nil
		}
	}
}

// decode reads an answer. gosnmp reads what anybody may send; whatever it
// overlooks ends here.
func decode(g *gosnmp.GoSNMP, b []byte) (p *gosnmp.SnmpPacket, err error) {
	defer func() {
		if e := recover(); e != nil {
			p, err = nil, fmt.Errorf("malformed answer: %v", e)
		}
	}()
	return g.SnmpDecodePacket(b)
}
