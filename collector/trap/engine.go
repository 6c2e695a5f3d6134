package trap

import (
	"crypto/rand"
	"errors"
	"time"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/usm"
)

// Objects of a Report: SNMP-USER-BASED-SM-MIB, RFC 3414 5.
const (
	statNotInTimeWindow = "1.3.6.1.6.3.15.1.1.2.0"
	statUnknownEngine   = "1.3.6.1.6.3.15.1.1.4.0"
)

const (
	timeWindow = 150 // seconds
	maxBoots   = 1<<31 - 1
	maxPeers   = 10_000
)

// engine is our SNMP engine: the authority of informs.
type engine struct {
	id    string
	boots uint32
	since time.Time
	// peers are the engines of those who send traps. The reader alone uses them.
	peers map[string]peer
	// reports counts those of each kind that were sent, as the Report tells.
	reports map[string]uint32
}

// peer is what is known of the time of another engine.
type peer struct {
	boots, time uint32
}

// newEngineID makes one: format 5 of RFC 3411, octets of our own, under 32473,
// which is nobody's (RFC 5612).
func newEngineID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return "\x80\x00\x7e\xd9\x05" + string(b)
}

func (e *engine) time(now time.Time) uint32 { return uint32(max(0, now.Sub(e.since)/time.Second)) }

// current reports whether a message for which we are the authority is of now.
func (e *engine) current(p *gosnmp.UsmSecurityParameters, now time.Time) bool {
	off := int64(p.AuthoritativeEngineTime) - int64(e.time(now))
	return p.AuthoritativeEngineBoots == e.boots && off <= timeWindow && off >= -timeWindow
}

// fresh reports whether a message of another engine is no replay, and learns its
// time.
func (e *engine) fresh(p *gosnmp.UsmSecurityParameters) bool {
	known, there := e.peers[p.AuthoritativeEngineID]
	boots, t := p.AuthoritativeEngineBoots, p.AuthoritativeEngineTime
	switch {
	case there && (boots < known.boots || boots == known.boots && t+timeWindow < known.time), boots == maxBoots:
		return false
	case !there && len(e.peers) >= maxPeers:
		clear(e.peers) // to learn anew is better than to learn no more
	}
	if !there || boots > known.boots || t > known.time {
		e.peers[p.AuthoritativeEngineID] = peer{boots, t}
	}
	return true
}

// report answers a message that cannot be taken with what is needed for the next.
// To one who proved who he is the answer is authentic too.
func (e *engine) report(to *gosnmp.SnmpPacket, sp *gosnmp.UsmSecurityParameters, flags gosnmp.SnmpV3MsgFlags, object string, now time.Time) ([]byte, error) {
	e.reports[object]++
	sp.AuthoritativeEngineBoots, sp.AuthoritativeEngineTime = e.boots, e.time(now)
	p := &gosnmp.SnmpPacket{
		Version: gosnmp.Version3, MsgFlags: flags, SecurityModel: gosnmp.UserSecurityModel, SecurityParameters: sp,
		ContextEngineID: e.id, ContextName: to.ContextName, PDUType: gosnmp.Report, MsgID: to.MsgID, RequestID: to.RequestID,
		Variables: []gosnmp.SnmpPDU{{Name: object, Type: gosnmp.Counter32, Value: e.reports[object]}},
	}
	return p.MarshalMsg()
}

// response answers an inform with its own objects.
func (e *engine) response(to *gosnmp.SnmpPacket, sp *gosnmp.UsmSecurityParameters, now time.Time) ([]byte, error) {
	sp.AuthoritativeEngineBoots, sp.AuthoritativeEngineTime = e.boots, e.time(now)
	salt := make([]byte, 8)
	_, _ = rand.Read(salt) // never fails
	sp.PrivacyParameters = salt
	p := *to
	p.PDUType, p.MsgFlags, p.Error, p.ErrorIndex = gosnmp.GetResponse, to.MsgFlags&gosnmp.AuthPriv, gosnmp.NoError, 0
	return p.MarshalMsg()
}

// user is a user of version 3 with his keys, and what is the least of him.
type user struct {
	params *gosnmp.UsmSecurityParameters
	flags  gosnmp.SnmpV3MsgFlags
}

// newUsers reads the secrets. The keys of a password are made once, of an engine
// with each of its messages.
func newUsers(list []usm.User) (map[string]user, error) {
	users := map[string]user{}
	var errs []error
	for _, u := range list {
		params, flags, err := u.Params()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		users[u.User] = user{params, flags}
	}
	return users, errors.Join(errs...)
}
