package trap

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/gosnmp/gosnmp"
)

// Why a message is refused.
var (
	errMalformed = errors.New("malformed")
	errCommunity = errors.New("community")
	errUser      = errors.New("user")
	errLevel     = errors.New("security level")
	errReplay    = errors.New("replay")
	errTime      = errors.New("time window")
	errEngine    = errors.New("engine")
	errKind      = errors.New("no trap")
	errDiscovery = errors.New("discovery") // no fault: it was answered
)

// decode reads a datagram and says who sent it. reply is what to answer, nil for
// nothing; there may be one with an error too.
func (r *Receiver) decode(datagram []byte, now time.Time) (p *gosnmp.SnmpPacket, reply []byte, err error) {
	// gosnmp reads what anybody may send; whatever it overlooks ends here.
	defer func() {
		if e := recover(); e != nil {
			p, reply, err = nil, nil, fmt.Errorf("%w: %v", errMalformed, e)
		}
	}()
	if version(datagram) == 3 {
		return r.decodeV3(datagram, now)
	}
	p, err = (&gosnmp.GoSNMP{}).UnmarshalTrap(bytes.Clone(datagram), false)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	switch p.PDUType {
	case gosnmp.Trap, gosnmp.SNMPv2Trap:
	case gosnmp.InformRequest:
		reply = answered(datagram)
	default:
		return nil, nil, errKind
	}
	if !slices.Contains(r.cfg.Communities, p.Community) {
		return nil, nil, errCommunity
	}
	return p, reply, nil
}

// decodeV3 reads a message of version 3: first as one that asks who we are, then
// as one of the user that it names.
func (r *Receiver) decodeV3(datagram []byte, now time.Time) (*gosnmp.SnmpPacket, []byte, error) {
	plain := &gosnmp.GoSNMP{Version: gosnmp.Version3}
	head, err := plain.UnmarshalTrap(bytes.Clone(datagram), true)
	if err == nil && isDiscovery(head) {
		sp := &gosnmp.UsmSecurityParameters{AuthoritativeEngineID: r.engine.id}
		reply, err := r.engine.report(head, sp, gosnmp.NoAuthNoPriv, statUnknownEngine, now)
		return nil, reply, errors.Join(errDiscovery, err)
	}
	table := &gosnmp.GoSNMP{Version: gosnmp.Version3}
	table.SetTrapSecurityParametersTable(r.table)
	p, err := table.UnmarshalTrap(bytes.Clone(datagram), true)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errUser, err)
	}
	sp, is := p.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	if !is {
		return nil, nil, errUser
	}
	u, known := r.users[sp.UserName]
	switch {
	case !known:
		return nil, nil, errUser
	case p.MsgFlags&gosnmp.AuthPriv != u.flags:
		return nil, nil, errLevel
	case p.PDUType == gosnmp.SNMPv2Trap:
		if u.flags != gosnmp.NoAuthNoPriv && !r.engine.fresh(sp) {
			return nil, nil, errReplay
		}
		return p, nil, nil
	case p.PDUType == gosnmp.InformRequest:
		return r.inform(p, sp, u, now)
	}
	return nil, nil, errKind
}

// inform looks whether an inform is for us and of now, and makes its answer.
func (r *Receiver) inform(p *gosnmp.SnmpPacket, sp *gosnmp.UsmSecurityParameters, u user, now time.Time) (*gosnmp.SnmpPacket, []byte, error) {
	if sp.AuthoritativeEngineID != r.engine.id {
		ours := &gosnmp.UsmSecurityParameters{AuthoritativeEngineID: r.engine.id}
		reply, err := r.engine.report(p, ours, gosnmp.NoAuthNoPriv, statUnknownEngine, now)
		return nil, reply, errors.Join(errEngine, err)
	}
	if u.flags != gosnmp.NoAuthNoPriv && !r.engine.current(sp, now) {
		reply, err := r.engine.report(p, sp, gosnmp.AuthNoPriv, statNotInTimeWindow, now)
		return nil, reply, errors.Join(errTime, err)
	}
	reply, err := r.engine.response(p, sp, now)
	return p, reply, err
}

func isDiscovery(p *gosnmp.SnmpPacket) bool {
	sp, is := p.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	return is && p.Version == gosnmp.Version3 && p.PDUType == gosnmp.GetRequest && len(p.Variables) == 0 &&
		sp.UserName == "" && sp.AuthoritativeEngineID == ""
}

// version reads the version's number of a message; -1: there is none.
//
//	SEQUENCE { INTEGER version, …
func version(b []byte) int {
	body, ok := inside(b, 0x30)
	if !ok || len(body) < 3 || body[0] != 0x02 || body[1] != 1 {
		return -1
	}
	return int(body[2])
}

// answered makes the answer of an inform of version 2c: the same message with
// another tag, a Response (0xa2) in the place of an InformRequest (0xa6).
//
//	SEQUENCE { INTEGER 1, OCTET STRING community, [6] { request-id, 0, 0, objects } }
func answered(datagram []byte) []byte {
	out := bytes.Clone(datagram)
	body, ok := inside(out, 0x30)
	if !ok || len(body) < 3 {
		return nil
	}
	community, ok := inside(body[3:], 0x04)
	if !ok {
		return nil
	}
	head := len(body) - len(community) // of what stands before the community's text
	length, ok := length(body[3:])
	if !ok || head+length > len(body) {
		return nil
	}
	pdu := body[head+length:]
	if len(pdu) == 0 || pdu[0] != 0xa6 {
		return nil
	}
	pdu[0] = 0xa2
	return out
}

// inside returns what stands behind the tag and the length at the begin of b, to
// the end of b.
func inside(b []byte, tag byte) ([]byte, bool) {
	if len(b) < 2 || b[0] != tag {
		return nil, false
	}
	skip := 2
	if b[1] >= 0x80 {
		skip += int(b[1] & 0x7f)
	}
	if skip > len(b) || skip > 6 {
		return nil, false
	}
	return b[skip:], true
}

// length reads the length behind the tag at the begin of b.
func length(b []byte) (int, bool) {
	if len(b) < 2 {
		return 0, false
	}
	if b[1] < 0x80 {
		return int(b[1]), true
	}
	octets := int(b[1] & 0x7f)
	if octets > 3 || len(b) < 2+octets {
		return 0, false
	}
	n := 0
	for _, o := range b[2 : 2+octets] {
		n = n<<8 | int(o)
	}
	return n, true
}

// sender returns the source as it is compared: an IPv4 address as such.
func sender(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
